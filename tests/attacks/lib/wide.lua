-- SPDX-License-Identifier: MIT
local t = {}
for i = 1, 100000 do t[i] = { {} } end
return t
