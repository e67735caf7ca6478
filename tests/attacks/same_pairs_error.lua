-- which error comes does not depend on hashing
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 4200 do t[i] = i end
for i = 1, 20 do t["k" .. i] = i end
t[{}] = 1
t[function() end] = 1
local _, why = pcall(pairs, t)
return sepp.reject("%s", why)
