-- ^ of floats
-- SPDX-License-Identifier: MIT
local x, y = 1.0000001, 123456.7
while true do local z = x ^ y end
