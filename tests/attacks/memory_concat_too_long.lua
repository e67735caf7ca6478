-- concat beyond the longest text
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
local t = {}
for i = 1, 4 do t[i] = ("x"):rep(30000) end
return table.concat(t)
