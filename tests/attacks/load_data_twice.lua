-- data with a name twice
-- SPDX-License-Identifier: MIT
local a = sepp.data "twice"
local policy = sepp.policy { api = 1, name = "x" }
return policy
