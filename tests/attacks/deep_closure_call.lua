-- a long chain of closures is called
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local f = function() return 0 end
for i = 1, 1500 do
  local g = f
  f = function() return 1 + g() end
end
while true do pcall(f) end
