-- select from the end
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 250 do t[i] = i end
while true do select(-1, table.unpack(t)) end
