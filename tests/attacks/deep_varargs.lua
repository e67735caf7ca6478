-- each call has one argument more
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local function f(...) return f(1, ...) end
return f()
