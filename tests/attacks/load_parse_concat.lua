-- .. 10,000 times
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local x =
--* 5000 "a"..
1 return x
