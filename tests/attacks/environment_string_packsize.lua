-- uses string_packsize
-- SPDX-License-Identifier: MIT
-- expect: has no field
return string.packsize(("i"):rep(9))
