-- a comparator that is pcall
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
for i = 1, 4096 do t[i] = function() end end
while true do table.sort(t, pcall) end
