-- a comparator in C
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 4096 do t[i] = -i end
while true do table.sort(t, math.ult) end
