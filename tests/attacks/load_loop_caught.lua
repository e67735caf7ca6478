-- the file loops in pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local policy = sepp.policy { api = 1, name = "x" }
while true do pcall(function() while true do end end) end
return policy
