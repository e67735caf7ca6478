-- tables with the names of metamethods are just tables
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = { __index = error, __gc = error, __len = error, __lt = error, __close = error, __call = error, __tostring = error, __name = "x" }
return sepp.reject("%d %s", #t, tostring(t))
