-- error texts of 60 KB, caught
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(error, ("x"):rep(60000)) end
