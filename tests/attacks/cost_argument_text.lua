-- a library function reads a long text as an integer
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = "0x" .. ("0"):rep(4000) .. "1"
while true do ("x"):sub(s) end
