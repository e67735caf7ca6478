-- a chain of methods
-- SPDX-License-Identifier: MIT
-- expect: more than
local x = ("x")
--* 3000 :rep(1)
return x
