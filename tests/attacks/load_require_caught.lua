-- a library that loops, asked for in pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(sepp.require, "loops") end
local policy = sepp.policy { api = 1, name = "x" }
return policy
