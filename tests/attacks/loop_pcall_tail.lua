-- pcall as a tail call
-- SPDX-License-Identifier: MIT
local function f() return pcall(f) end
return f()
