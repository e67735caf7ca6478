-- a library whose table holds itself; then a chain of nil
-- SPDX-License-Identifier: MIT
local a = sepp.require "ring"
local b = a.ring.ring.ring.ring.nothing.x
local policy = sepp.policy { api = 1, name = "x" }
return policy
