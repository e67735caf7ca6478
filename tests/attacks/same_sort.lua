-- sort with ties
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for i = 1, 500 do t[i] = { i * 37 % 11, i } end
table.sort(t, function(a, b) return a[1] < b[1] end)
local n = 0
for i, v in ipairs(t) do n = (n * 31 + v[2]) % 1000003 end
return sepp.reject("%d", n)
