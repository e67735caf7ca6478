-- a library with a name of 60 KB
-- SPDX-License-Identifier: MIT
local a = sepp.require(("a"):rep(60000))
local policy = sepp.policy { api = 1, name = "x" }
return policy
