-- colliding keys, more than a decision may have
-- SPDX-License-Identifier: MIT
-- expect: a table with more than 2048 keys
local t = {}
for i = 1, 4097 do t[i * 4095 * 8191] = i end
local policy = sepp.policy { api = 1, name = "x" }
return policy
