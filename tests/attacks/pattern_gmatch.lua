-- gmatch that fails everywhere
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for w in ("a"):rep(60000):gmatch("a-b") do end
