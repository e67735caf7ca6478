-- format: long
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%ld"):format(1)
