-- a field that is the table itself
-- SPDX-License-Identifier: MIT
-- expect: at most
local t = { api = 1, name = "x" }
t.name = t
return sepp.policy(t)
