-- NaN as a key
-- SPDX-License-Identifier: MIT
local t = {}
t[0 / 0] = 1
