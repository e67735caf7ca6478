-- notes flood
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do sepp.note("x") end
