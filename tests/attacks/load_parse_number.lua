-- a number of 31,000 digits
-- SPDX-License-Identifier: MIT
local x =
--* 31000 1
return x
