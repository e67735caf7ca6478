-- gsub with a table
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local t = { a = "b" }
local s = ("a"):rep(65000)
while true do s:gsub(".", t) end
