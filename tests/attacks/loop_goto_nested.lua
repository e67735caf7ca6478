-- goto out of a closure-making block
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
::a::
do
  local x = request
  local f = function() return x end
  goto a
end
