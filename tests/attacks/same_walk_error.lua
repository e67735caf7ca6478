-- which error comes does not depend on where a key is
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 4096 do t[i] = i end
for i = 1, 100 do t[i + 0.5] = i end
t[{}] = 1
local _, why = pcall(pairs, t)
if not why:find("cannot walk this table", 1, true) then error(why) end
return sepp.reject("%s", why)
