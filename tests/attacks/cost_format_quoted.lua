-- %q of every byte
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
for i = 0, 255 do t[#t + 1] = string.char(i) end
local s = table.concat(t):rep(200)
while true do local q = ("%q"):format(s:sub(1, 16000)) end
