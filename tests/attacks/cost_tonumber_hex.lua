-- tonumber of 4 KB of hexadecimal digits
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = "0x." .. ("1"):rep(4000) .. "p-9"
while true do tonumber(s) end
