-- a chain of 5,000 fields
-- SPDX-License-Identifier: MIT
-- expect: more than
local t = {}
local x = t
--* 5000 .f
 + 1
return x
