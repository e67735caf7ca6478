-- integers and floats at their edges
-- SPDX-License-Identifier: MIT
-- expect: answer
local a = math.mininteger // -1
local b = math.mininteger % -1
local c = math.maxinteger + 1
local d = math.maxinteger + 0.0 == math.maxinteger + 1.0
local e = math.tointeger(2 ^ 63)
local f = 1 << 64, 1 >> -64
return sepp.reject("%d %d %d %s %s %d", a, b, c, tostring(d), tostring(e), f)
