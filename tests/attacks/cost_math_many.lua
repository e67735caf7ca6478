-- math.max of many values
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 250 do t[i] = "0x" .. ("f"):rep(200) end
while true do math.max(table.unpack(t)) end
