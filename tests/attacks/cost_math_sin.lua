-- sin of a huge float
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do math.sin(1e308) end
