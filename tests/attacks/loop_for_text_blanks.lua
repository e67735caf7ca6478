-- a limit that is a number behind 60 KB of blanks
-- SPDX-License-Identifier: MIT
local s = (" "):rep(60000) .. "1"
while true do pcall(function() for i = 1, s do break end end) end
