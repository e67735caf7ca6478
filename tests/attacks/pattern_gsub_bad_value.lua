-- gsub whose function gives a table
-- SPDX-License-Identifier: MIT
-- expect: invalid replacement
return ("x"):gsub("x", function() return {} end)
