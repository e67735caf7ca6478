-- a numeric for over all integers
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for i = math.mininteger, math.maxinteger do end
