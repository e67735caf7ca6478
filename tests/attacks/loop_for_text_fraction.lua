-- a limit that is 60 KB of decimals
-- SPDX-License-Identifier: MIT
local s = "." .. ("7"):rep(60000) .. "e-300"
while true do pcall(function() for i = 1, s do break end end) end
