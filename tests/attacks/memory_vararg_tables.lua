-- a constructor of many results
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local t = {}
for i = 1, 250 do t[i] = i end
while true do local u = { table.unpack(t) } end
