-- upper of a long text, again and again
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local s = ("x"):rep(65536)
while true do local y = s:upper() end
