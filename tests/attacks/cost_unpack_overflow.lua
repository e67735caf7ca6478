-- unpack of all integers
-- SPDX-License-Identifier: MIT
-- expect: too many results
return table.unpack({}, math.mininteger, math.maxinteger)
