-- integer keys that collide
-- SPDX-License-Identifier: MIT
local t = {}
for i = 1, 2000 do t[i * 4095 * 2047 * 1023] = i end
while true do local x = t[2001 * 4095 * 2047 * 1023] end
