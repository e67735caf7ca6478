-- a format whose values need texts too
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
local s = ("x"):rep(60000)
while true do ("%s%s%s"):format(s, s, s) end
