-- plain find of what is not there
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
while true do s:find("b", 1, true) end
