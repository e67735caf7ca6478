-- a library whose tables are nested too deep
-- SPDX-License-Identifier: MIT
-- expect: more than
local a = sepp.require "deep"
local policy = sepp.policy { api = 1, name = "x" }
return policy
