-- one expression with thousands of jumps
-- SPDX-License-Identifier: MIT
local x = 1
x =
--* 2500 x and x or 
1
return x
