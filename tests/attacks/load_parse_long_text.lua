-- a text of 31 KB that does not end
-- SPDX-License-Identifier: MIT
local x = "
--* 31000 x
