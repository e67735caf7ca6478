-- float keys that collide
-- SPDX-License-Identifier: MIT
-- expect: a table with more than 2048 keys
local t = {}
for i = 1, 1e9 do t[i + 0.5] = i end
