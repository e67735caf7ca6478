-- what was killed goes on behind pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
pcall(function() while true do end end)
return sepp.select(sepp.TLS)
