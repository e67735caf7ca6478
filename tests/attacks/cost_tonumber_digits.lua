-- tonumber of 60 KB of digits
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("1"):rep(60000)
while true do tonumber(s) end
