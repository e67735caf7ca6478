-- table.insert into the library
-- SPDX-License-Identifier: MIT
-- expect: read-only
table.insert(string, 1)
