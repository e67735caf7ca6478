-- lists grow, in pcall
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = {} end end) end
