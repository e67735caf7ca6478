-- a table of more keys than may be
-- SPDX-License-Identifier: MIT
-- expect: a table with more than 2048 keys
local t = {}
for i = 1, 5000 do t[-i] = i end
return sepp.select(sepp.TLS)
