-- integer keys that collide when the table grows
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local t = {}
while true do
  t = {}
  for i = 1, 1025 do t[i * 2047 * 1023] = i end
end
