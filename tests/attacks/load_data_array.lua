-- data that is an array
-- SPDX-License-Identifier: MIT
local a = sepp.data "array"
local policy = sepp.policy { api = 1, name = "x" }
return policy
