-- data with many keys is walked again and again
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local policy = sepp.policy { api = 1, name = "x" }
local wide = sepp.data "wide"
function policy.select_capability()
  while true do for k in pairs(wide) do local x = k end end
end
return policy
