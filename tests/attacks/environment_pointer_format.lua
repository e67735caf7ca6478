-- %p
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%p"):format({})
