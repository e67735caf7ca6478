-- wording an error about a field of 60 KB
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local s = ("x"):rep(60000)
while true do pcall(function() return peer[s] end) end
