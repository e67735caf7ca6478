-- # of a table with holes
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 1000 do t[i * i] = i end
while true do local n = #t end
