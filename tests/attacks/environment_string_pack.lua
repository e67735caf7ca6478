-- uses string_pack
-- SPDX-License-Identifier: MIT
-- expect: has no field
return string.pack("s", "x")
