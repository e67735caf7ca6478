-- the file loops
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local policy = sepp.policy { api = 1, name = "x" }
while true do end
return policy
