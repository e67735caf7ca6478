-- each call doubles its arguments
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local function f(a, ...) return f(..., a, ...) end
return f(1, 2, 3)
