-- long texts are keys
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
for i = 1, 1e9 do t[("x"):rep(1000) .. i] = i end
