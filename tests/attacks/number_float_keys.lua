-- floats that are integers are the same keys
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
t[1.0], t[2 ^ 53] = 1, 2
return sepp.reject("%d %d", t[1], t[2 ^ 53 | 0])
