-- recursion through sort, gsub and pcall in turn
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local f
local function g() return pcall(f) end
f = function() table.sort({ 1, 2 }, function() return (("x"):gsub("x", function() g() end)) end) end
f()
while true do f() end
