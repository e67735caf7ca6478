-- pairs needs memory for its keys
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local t = {}
for i = 1, 1000 do t["k" .. i] = i end
while true do pairs(t) end
