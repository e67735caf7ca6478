-- so many colliding keys that growing takes long
-- SPDX-License-Identifier: MIT
-- expect: a table with more than 2048 keys
local t = {}
for i = 1, 1e9 do t[i * 4095] = i end
