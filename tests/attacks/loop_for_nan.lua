-- a numeric for with NaN
-- SPDX-License-Identifier: MIT
-- expect: answer
local n = 0
for i = 0 / 0, 1 do n = n + 1 end
for i = 1, 0 / 0 do n = n + 1 end
for i = 1.0, 0 / 0 do n = n + 1 end
for i = 1.0, 2.0, 0 / 0 do n = n + 1 end
return sepp.reject("%d", n)
