-- negated sets
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
return s:find(("[^b]-"):rep(40) .. "b")
