-- // of floats
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local x, y = 1e308, 1e-308
while true do local z = x // y end
