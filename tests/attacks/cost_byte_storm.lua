-- byte of as much as it gives
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("x"):rep(250)
while true do s:byte(1, 250) end
