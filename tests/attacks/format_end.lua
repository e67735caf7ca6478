-- format: end
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%"):format(1)
