-- a hook called __index
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
policy.__index = function() end
return policy
