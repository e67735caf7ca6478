-- sets of all classes
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = ("a"):rep(65000)
return s:find(("[%w%p%s%c]*"):rep(18) .. "b")
