-- too many keys of many kinds
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 4200 do t[i] = i end
for i = 1, 100 do t["k" .. i] = i end
local _, why = pcall(pairs, t)
return sepp.reject("%s", why)
