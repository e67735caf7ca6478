-- tonumber of 60 KB in base 2
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("1"):rep(60000)
while true do tonumber(s, 2) end
