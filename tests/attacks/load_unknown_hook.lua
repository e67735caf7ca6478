-- a hook that does not exist
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
function policy.select_capabilty() end
return policy
