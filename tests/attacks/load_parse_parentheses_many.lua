-- parentheses 10,000 deep
-- SPDX-License-Identifier: MIT
-- expect: more than
local x =
--* 10000 (
1
