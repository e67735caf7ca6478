-- pairs of a large table
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local t = {}
for i = 1, 2000 do t[i .. ""] = i end
while true do for k in pairs(t) do end end
