-- sort compares long texts
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s, t = ("a"):rep(60000), {}
for i = 1, 4096 do t[i] = s end
table.sort(t)
