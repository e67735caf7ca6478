-- certified_for of a long name
-- SPDX-License-Identifier: MIT
local s = ("a."):rep(30000)
while true do peer:certified_for(s) end
