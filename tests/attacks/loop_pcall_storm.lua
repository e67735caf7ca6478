-- pcall of what raises
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(error, "x") end
