-- a note is written after the kill
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
pcall(function() while true do end end)
sepp.note("still here")
return sepp.select(sepp.TLS)
