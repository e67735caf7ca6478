-- pcall that calls itself by its arguments
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return pcall(pcall, pcall, pcall, pcall, pcall, function() while true do end end)
