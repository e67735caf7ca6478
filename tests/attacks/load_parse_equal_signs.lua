-- long brackets of many equal signs
-- SPDX-License-Identifier: MIT
local x = [
--* 15000 =
[ ]
--* 15000 =
