-- data that ends too early
-- SPDX-License-Identifier: MIT
local a = sepp.data "early"
local policy = sepp.policy { api = 1, name = "x" }
return policy
