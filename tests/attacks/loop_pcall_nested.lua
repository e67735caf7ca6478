-- pcall in pcall in pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local function f() pcall(f) end
while true do pcall(f) end
