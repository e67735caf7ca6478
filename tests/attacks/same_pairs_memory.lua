-- memory that pairs needs does not depend on hashing
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 700 do t[("k"):rep(i % 40) .. i] = i end
local n = 0
for k, v in pairs(t) do n = n + v end
return sepp.reject("%d", n)
