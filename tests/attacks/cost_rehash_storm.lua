-- a table that rehashes again and again
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
for i = 1, 4000 do t[i] = i end
for i = 1, 1e9 do t["a" .. i] = 1 t["a" .. i] = nil end
