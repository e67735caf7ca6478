-- assert that calls itself
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local function f() assert(not f(), "x") end
f()
