-- == on two texts of 60 KB
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local a, b = ("a"):rep(60000), ("a"):rep(60000)
while true do local c = a == b end
