-- a comparator that loops
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 4096 do t[i] = i end
table.sort(t, function(a, b) while true do end end)
