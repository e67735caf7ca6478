-- insert in front of a long list
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 4096 do t[i] = i end
while true do table.insert(t, 1, 1) table.remove(t) end
