-- SPDX-License-Identifier: MIT
local n = 0
return { list = { 1, 2, 3 }, count = function() n = n + 1 return n end }
