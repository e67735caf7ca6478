-- unpack of a million
-- SPDX-License-Identifier: MIT
-- expect: too many results
return table.unpack({}, 1, 1e6)
