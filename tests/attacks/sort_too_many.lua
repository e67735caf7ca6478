-- a list that is too long
-- SPDX-License-Identifier: MIT
-- expect: more than
local t = {}
for i = 1, 5000 do t[i] = i end
table.sort(t)
