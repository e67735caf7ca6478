-- two functions that call each other
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local f, g
f = function(x) return g(x) end
g = function(x) return f(x) end
return f(1)
