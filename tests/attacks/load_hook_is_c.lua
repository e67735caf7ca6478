-- a hook is a library function
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
policy.select_capability = string.rep
return policy
