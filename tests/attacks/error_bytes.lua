-- an error text with every byte
-- SPDX-License-Identifier: MIT
local t = {}
for i = 0, 255 do t[#t + 1] = string.char(i) end
error(table.concat(t))
