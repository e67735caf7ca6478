-- data nested too deep
-- SPDX-License-Identifier: MIT
-- expect: deeper than
local a = sepp.data "deep"
local policy = sepp.policy { api = 1, name = "x" }
return policy
