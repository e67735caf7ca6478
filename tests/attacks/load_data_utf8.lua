-- data that is no UTF-8
-- SPDX-License-Identifier: MIT
local a = sepp.data "bytes"
local policy = sepp.policy { api = 1, name = "x" }
return policy
