-- an error while an error is worded
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local function f() error(f()) end
f()
