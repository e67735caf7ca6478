-- a numeric for with a step that changes nothing
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for i = 1, 2, 1e-300 do end
