-- a reason has every byte
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 255 do t[i] = string.char(i) end
return sepp.reject("%s", table.concat(t))
