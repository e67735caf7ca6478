-- methods of views
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do request:offers(sepp.TLS) peer:owns("262-01") end
