-- concat of an enormous range
-- SPDX-License-Identifier: MIT
return table.concat({}, "x", 1, 1 << 60)
