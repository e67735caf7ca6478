-- < on texts of zeros, which are compared piece by piece
-- SPDX-License-Identifier: MIT
local a = ("\0"):rep(65000)
while true do local c = a < a end
