-- data is changed in a decision
-- SPDX-License-Identifier: MIT
-- expect: read-only
local policy = sepp.policy { api = 1, name = "x" }
local wide = sepp.data "wide"
function policy.select_capability() wide.a.b = 2 end
return policy
