-- an answer is changed after it was made
-- SPDX-License-Identifier: MIT
local a = sepp.reject("x")
a.verdict = 1
return a
