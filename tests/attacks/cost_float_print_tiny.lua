-- a subnormal float becomes text by ..
-- SPDX-License-Identifier: MIT
local x = 5e-324
while true do local s = x .. "" end
