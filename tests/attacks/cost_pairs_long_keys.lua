-- pairs of long keys with the same beginning
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t, s = {}, ("a"):rep(2000)
for i = 1, 60 do t[s .. i] = i end
while true do pcall(pairs, t) end
