-- char of as many as there are
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 250 do t[i] = 65 end
while true do string.char(table.unpack(t)) end
