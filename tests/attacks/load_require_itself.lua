-- libraries that need each other
-- SPDX-License-Identifier: MIT
-- expect: needs itself
local a = sepp.require "cycle_a"
local policy = sepp.policy { api = 1, name = "x" }
return policy
