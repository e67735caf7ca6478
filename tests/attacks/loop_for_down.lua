-- a numeric for downwards
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for i = math.maxinteger, math.mininteger, -1 do end
