-- an answer is a key of a table that is walked
-- SPDX-License-Identifier: MIT
local t = { [sepp.reject("x")] = 1 }
for k in pairs(t) do return k end
