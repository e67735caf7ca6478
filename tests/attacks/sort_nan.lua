-- a list with NaN
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = { 3, 0 / 0, 1, 2 }
table.sort(t)
return sepp.reject("%d", #t)
