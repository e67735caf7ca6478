-- a limit that is 60 KB of hexadecimal digits
-- SPDX-License-Identifier: MIT
local s = "0x" .. ("f"):rep(60000)
while true do pcall(function() for i = 1, s do break end end) end
