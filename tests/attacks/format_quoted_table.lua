-- format: quoted_table
-- SPDX-License-Identifier: MIT
return ("%q"):format({})
