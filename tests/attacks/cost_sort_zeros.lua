-- sort compares texts of zeros
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = {}
for i = 1, 400 do t[i] = ("\0"):rep(100) .. i end
local s = ("\0"):rep(60000)
for i = 1, 400 do t[i] = s end
while true do table.sort(t) end
