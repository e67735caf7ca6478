-- gsub of nothing
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
while true do s:gsub("", "") end
