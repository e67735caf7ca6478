-- recursion in Lua
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local function f() return 1 + f() end
return f()
