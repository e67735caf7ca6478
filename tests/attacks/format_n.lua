-- format: n
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%n"):format(1)
