-- format: star
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%*d"):format(1, 2)
