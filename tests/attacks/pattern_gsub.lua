-- gsub that fails everywhere
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
return s:gsub("a*b", "")
