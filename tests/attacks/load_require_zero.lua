-- a library with a zero in its name
-- SPDX-License-Identifier: MIT
local a = sepp.require "plain\0x"
local policy = sepp.policy { api = 1, name = "x" }
return policy
