-- uses table_move
-- SPDX-License-Identifier: MIT
-- expect: has no field
return table.move({}, 1, 1 << 60, 2)
