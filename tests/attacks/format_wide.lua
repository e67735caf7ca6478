-- format: wide
-- SPDX-License-Identifier: MIT
return ("%99s"):rep(1000):format(table.unpack({}, 1, 250))
