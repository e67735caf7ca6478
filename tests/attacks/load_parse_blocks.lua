-- blocks 10,000 deep
-- SPDX-License-Identifier: MIT
-- expect: C stack overflow
local x = 1
--* 10000 do 
return 1
