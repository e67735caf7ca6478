-- next over a large table
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 2000 do t[i .. ""] = i end
local k
repeat k = next(t, k) until false
