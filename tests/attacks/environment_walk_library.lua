-- the library is walked and changed through what pairs gives
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for k, v in pairs(string) do t[#t + 1] = k end
for k, v in pairs(_ENV) do t[#t + 1] = k end
for k, v in pairs(sepp) do t[#t + 1] = k end
return sepp.reject("%d", #t)
