-- remove from the front of a long list
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 8000 do t[i] = i end
while true do table.remove(t, 1) table.insert(t, 1) end
