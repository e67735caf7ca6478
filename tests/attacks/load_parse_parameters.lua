-- 250 parameters
-- SPDX-License-Identifier: MIT
local function f(
--* 250 a,
a) end
