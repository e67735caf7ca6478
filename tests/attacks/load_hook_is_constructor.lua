-- a hook is the constructor of an answer
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
policy.select_capability = sepp.select
return policy
