-- the file hoards
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local policy = sepp.policy { api = 1, name = "x" }
local t = {}
while true do pcall(function() for i = 1, 1e9 do t[#t + 1] = { i } end end) end
return policy
