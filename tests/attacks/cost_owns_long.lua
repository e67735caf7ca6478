-- owns of a long text
-- SPDX-License-Identifier: MIT
local s = ("1"):rep(60000)
while true do peer:owns(s) end
