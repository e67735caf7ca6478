-- a library outside of lib/
-- SPDX-License-Identifier: MIT
local a = sepp.require "../x"
local policy = sepp.policy { api = 1, name = "x" }
return policy
