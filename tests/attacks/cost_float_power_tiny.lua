-- ^ with subnormal results
-- SPDX-License-Identifier: MIT
local x, y = 5e-324, 0.9999
while true do local z = x ^ y end
