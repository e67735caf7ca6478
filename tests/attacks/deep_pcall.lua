-- recursion through pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local function f() return (pcall(f)) end
f()
while true do f() end
