-- tail calls
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local function f() return f() end
return f()
