-- table.sort of the library
-- SPDX-License-Identifier: MIT
-- expect: read-only
table.sort(sepp)
