-- recursion through the comparator of sort
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local function f() table.sort({ 1, 2, 3 }, f) return true end
f()
