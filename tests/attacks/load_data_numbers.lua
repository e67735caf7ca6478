-- data with a number of many digits
-- SPDX-License-Identifier: MIT
local a = sepp.data "digits"
local policy = sepp.policy { api = 1, name = "x" }
return policy
