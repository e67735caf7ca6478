-- the file makes two policies
-- SPDX-License-Identifier: MIT
-- expect: is called once
local policy = sepp.policy { api = 1, name = "x" }
local policy = sepp.policy { api = 1, name = "x" }
return policy
