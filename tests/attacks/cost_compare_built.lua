-- texts that are built and compared
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
local s = ("a"):rep(60000)
while true do local b = s .. "a" == s .. "b" end
