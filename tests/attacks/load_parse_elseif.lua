-- hundreds of elseif
-- SPDX-License-Identifier: MIT
local x = 1
if x == 0 then x = 1
--* 1400 elseif x == 1 then 
end return x
