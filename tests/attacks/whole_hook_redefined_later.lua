-- a hook is replaced by a decision
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
function policy.select_capability()
  policy.select_capability = function() return sepp.select(sepp.TLS) end
end
return policy
