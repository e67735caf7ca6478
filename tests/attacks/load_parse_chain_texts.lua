-- a chain of calls with texts
-- SPDX-License-Identifier: MIT
-- expect: more than
local x = string
--* 5000 ""
return x
