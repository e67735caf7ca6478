-- %bxx
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do ("x"):rep(60000):find("%bxx$") end
