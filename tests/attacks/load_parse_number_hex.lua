-- a hexadecimal number of 31,000 digits
-- SPDX-License-Identifier: MIT
local x = 0x.
--* 31000 f
return x
