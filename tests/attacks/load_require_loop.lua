-- a library that loops
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local a = sepp.require "loops"
local policy = sepp.policy { api = 1, name = "x" }
return policy
