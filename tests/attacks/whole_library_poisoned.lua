-- a library is changed in a decision
-- SPDX-License-Identifier: MIT
-- expect: read-only
local policy = sepp.policy { api = 1, name = "x" }
local plain = sepp.require "plain"
function policy.select_capability() plain.list[1] = 2 end
return policy
