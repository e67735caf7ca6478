-- how many keys fit
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t, n = {}, 0
pcall(function() while true do n = n + 1 t["key" .. n] = n end end)
error("" .. n)
