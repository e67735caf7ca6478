-- data with null in an array
-- SPDX-License-Identifier: MIT
local a = sepp.data "null"
local policy = sepp.policy { api = 1, name = "x" }
return policy
