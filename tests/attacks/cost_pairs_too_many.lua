-- a table too large to be walked
-- SPDX-License-Identifier: MIT
-- expect: more than
local t = {}
for i = 1, 5000 do t[i] = i end
for k in pairs(t) do end
