-- table.remove from the library
-- SPDX-License-Identifier: MIT
-- expect: read-only
table.remove(math, 1)
