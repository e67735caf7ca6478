-- each call has one argument more, on the stack
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local function f(...) return select("#", f(1, ...)) end
return f()
