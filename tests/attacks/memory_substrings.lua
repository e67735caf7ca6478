-- every part of a long text
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local s = ("xy"):rep(30000)
for i = 1, #s do local x = s:sub(i) end
