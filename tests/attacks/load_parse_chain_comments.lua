-- a chain of fields with comments between
-- SPDX-License-Identifier: MIT
-- expect: more than
local t = {}
local x = t
--* 2000 --[[]].f
 + 1
return x
