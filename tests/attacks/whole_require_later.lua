-- a library is asked for in a decision
-- SPDX-License-Identifier: MIT
-- expect: works while the file loads
local policy = sepp.policy { api = 1, name = "x" }
local require = sepp.require
function policy.select_capability() require "plain" end
return policy
