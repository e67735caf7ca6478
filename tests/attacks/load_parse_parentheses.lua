-- parentheses 190 deep, then nothing
-- SPDX-License-Identifier: MIT
local x =
--* 190 (
1
--* 190 )
return x
