-- how much fits
-- SPDX-License-Identifier: MIT
-- expect: answer
local t, n = {}, 0
pcall(function() while true do n = n + 1 t[n] = { n } end end)
return sepp.reject("%d", n)
