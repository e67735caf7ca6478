-- math.fmod of floats far from each other
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do math.fmod(1e308, 1e-308) end
