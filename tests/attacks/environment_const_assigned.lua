-- assigns to a <const> through a closure
-- SPDX-License-Identifier: MIT
local t <const> = {}
t.x = 1
t.x.y.z = 1
