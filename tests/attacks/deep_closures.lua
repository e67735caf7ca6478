-- a closure around a closure, 1e9 times
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local f = function() end
for i = 1, 1e9 do
  local g = f
  f = function() return g() end
end
