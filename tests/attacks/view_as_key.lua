-- views are keys
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = { [request] = 1, [peer] = 2 }
return sepp.reject("%s %s", tostring(t[request]), tostring(t[peer]))
