-- the iterator of ipairs gets the largest integer
-- SPDX-License-Identifier: MIT
local f = ipairs({})
f({}, math.maxinteger)
