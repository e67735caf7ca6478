-- SPDX-License-Identifier: MIT
local t = {}
local x = t
for i = 1, 500 do x.x = {} x = x.x end
return t
