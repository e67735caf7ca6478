-- 201 locals
-- SPDX-License-Identifier: MIT
local a
--* 201 local a 
return a
