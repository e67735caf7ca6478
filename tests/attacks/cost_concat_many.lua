-- concat of many
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 4096 do t[i] = 1.5 end
while true do table.concat(t) end
