-- a table that is filled, emptied and filled anew
-- SPDX-License-Identifier: MIT
-- expect: answer
local t, n = {}, 0
for round = 1, 20 do
  for i = 1, 50 do t["a" .. i + round * 7] = i end
  for i = 1, 50 do t["a" .. i + round * 7] = nil end
  t[round * 2] = round
  n = n * 2 % 1009 + t[round * 2]
end
return sepp.reject("%d", n)
