-- ^ 10,000 times
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local x =
--* 10000 1^
1 return x
