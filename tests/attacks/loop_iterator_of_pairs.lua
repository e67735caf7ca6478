-- the iterator of pairs is called by hand
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local f = pairs({ 1, 2 })
while true do f() end
