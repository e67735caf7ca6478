-- notes of 60 KB
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do sepp.note("%s", ("x"):rep(60000)) end
