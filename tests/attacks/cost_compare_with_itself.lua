-- a text of 60 KB with itself
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local a = ("a"):rep(60000)
while true do local c = a < a end
