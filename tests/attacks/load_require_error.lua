-- a library that raises
-- SPDX-License-Identifier: MIT
local a = sepp.require "raises"
local policy = sepp.policy { api = 1, name = "x" }
return policy
