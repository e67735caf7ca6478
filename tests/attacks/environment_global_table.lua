-- uses global_table
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return _G.string
