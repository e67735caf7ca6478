-- where fuel ends
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do local s = "a" .. 1 s = s:gsub("a", "b") end
