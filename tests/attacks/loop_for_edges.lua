-- numeric for at both ends of the integers
-- SPDX-License-Identifier: MIT
-- expect: answer
local n = 0
for i = math.maxinteger - 1, math.maxinteger do n = n + 1 end
for i = math.mininteger + 1, math.mininteger, -1 do n = n + 1 end
for i = math.maxinteger, math.huge do n = n + 1 end
for i = 1, math.mininteger do n = n + 1 end
return sepp.reject("%d", n)
