-- the iterator of gmatch is called by hand
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local f = ("a"):rep(1000):gmatch("a")
while true do f() end
