-- a numeric for to infinity
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for i = 1.0, math.huge do end
