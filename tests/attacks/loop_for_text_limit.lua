-- a limit that is a text of 60 KB of digits
-- SPDX-License-Identifier: MIT
local s = ("1"):rep(60000)
while true do
  for i = 1, s do break end
end
