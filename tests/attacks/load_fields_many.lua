-- more fields than there can be
-- SPDX-License-Identifier: MIT
local t = { api = 1, name = "x" }
for i = 1, 2000 do t["f" .. i] = i end
return sepp.policy(t)
