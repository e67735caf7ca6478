-- functions 3,000 deep
-- SPDX-License-Identifier: MIT
-- expect: longer than
local x =
--* 3000 function() return 
1
