-- the file holds a text of 30 KB, and compares it
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local policy = sepp.policy { api = 1, name = "x" }
local text = [[
--* 30000 x
]] .. "y"
local other = text:gsub("y", "z")
function policy.select_capability() while true do local a = text < other end end
return policy
