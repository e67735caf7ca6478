-- a library of many tables
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local a = sepp.require "wide"
local policy = sepp.policy { api = 1, name = "x" }
return policy
