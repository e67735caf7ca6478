-- an iterator that calls itself
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local function f() for x in f do end end
f()
