-- the same in pcall
-- SPDX-License-Identifier: MIT
local a = ("\0"):rep(65000)
while true do pcall(function() while true do local c = a < a end end) end
