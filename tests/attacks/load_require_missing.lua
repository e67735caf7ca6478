-- a library that is not there
-- SPDX-License-Identifier: MIT
local a = sepp.require "nothing"
local policy = sepp.policy { api = 1, name = "x" }
return policy
