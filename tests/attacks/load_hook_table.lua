-- a hook that is a table
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
policy.select_capability = {}
return policy
