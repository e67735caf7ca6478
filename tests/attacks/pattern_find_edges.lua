-- find from the edges of the integers
-- SPDX-License-Identifier: MIT
-- expect: answer
local a = ("x"):find("", math.maxinteger)
local b = ("x"):find("x", math.mininteger)
return sepp.reject("%s %s", tostring(a), tostring(b))
