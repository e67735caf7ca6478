-- a long text is looked up
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t, s = {}, ("a"):rep(60000)
t[s] = 1
local u = ("a"):rep(60000)
while true do local x = t[u] end
