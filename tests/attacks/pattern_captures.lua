-- 32 captures at every position
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
while true do s:find(("()"):rep(32) .. "b") end
