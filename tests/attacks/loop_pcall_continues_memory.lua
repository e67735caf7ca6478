-- what ran out of memory for good goes on behind pcall
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
for i = 1, 3 do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end
return sepp.select(sepp.TLS)
