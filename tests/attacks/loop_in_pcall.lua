-- a loop in pcall, again and again
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(function() while true do end end) end
