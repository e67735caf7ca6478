-- a stack of many locals
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local function f(n) local a, b, c, d, e, g, h, i = n, n, n, n, n, n, n, n return f(n + 1) + a + b + c + d + e + g + h + i end
return f(1)
