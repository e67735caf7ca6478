-- a pattern that was killed goes on behind pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
pcall(string.find, ("a"):rep(60000), ("a-"):rep(100) .. "b")
return sepp.select(sepp.TLS)
