-- gsub with a function that loops
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("x"):gsub("x", function() while true do end end)
