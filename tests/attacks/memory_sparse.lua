-- a table with keys far from each other
-- SPDX-License-Identifier: MIT
-- expect: a table with more than 2048 keys
local t = {}
for i = 1, 1e9 do t[i << 32] = i end
