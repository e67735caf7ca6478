-- % of floats while the file loads
-- SPDX-License-Identifier: MIT
local x, y = 1e308, 1e-308
while true do local z = x % y end
