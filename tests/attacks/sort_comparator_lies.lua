-- a comparator that always says yes
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 100 do t[i] = i end
table.sort(t, function() return true end)
return sepp.reject("%s", table.concat(t, " "))
