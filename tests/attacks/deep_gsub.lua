-- recursion through gsub
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local function f(s) return (s:gsub("x", f)) end
return f("x")
