-- lists at the edges of the integers
-- SPDX-License-Identifier: MIT
-- expect: answer
local c = request.capabilities
return sepp.reject("%s %s %s %s %d", tostring(c[0]), tostring(c[-1]), tostring(c[math.maxinteger]), tostring(c[math.mininteger]), #c)
