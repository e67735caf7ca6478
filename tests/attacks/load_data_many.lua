-- data with more values than may be
-- SPDX-License-Identifier: MIT
-- expect: more than
local a = sepp.data "many"
local policy = sepp.policy { api = 1, name = "x" }
return policy
