-- data is the replacement of gsub
-- SPDX-License-Identifier: MIT
-- expect: invalid replacement
local policy = sepp.policy { api = 1, name = "x" }
local wide = sepp.data "wide"
function policy.select_capability()
  return sepp.reject("%s", (("list"):gsub("%w+", wide)))
end
return policy
