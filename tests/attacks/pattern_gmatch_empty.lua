-- gmatch of nothing
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do for w in ("a"):rep(60000):gmatch("") do end end
