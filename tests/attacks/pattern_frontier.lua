-- a frontier everywhere
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
while true do s:find("%f[b]") end
