-- a flag with a long name
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("x"):rep(60000)
while true do local x = peer.flags[s] end
