-- texts under construction are given back when an error ends them
-- SPDX-License-Identifier: MIT
-- expect: answer
local s = ("x"):rep(30000)
for i = 1, 20 do pcall(string.format, "%s%d", s, "x") end
return sepp.reject("%d", ("%s%s"):format(s, s):len())
