-- a chain of brackets
-- SPDX-License-Identifier: MIT
-- expect: more than
local t = {}
local x = t
--* 5000 [1]
return x
