-- uses table_pack
-- SPDX-License-Identifier: MIT
-- expect: has no field
return table.pack(1)
