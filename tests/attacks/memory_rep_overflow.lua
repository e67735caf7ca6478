-- the length of the result overflows
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
return ("xx"):rep(math.maxinteger)
