-- a float becomes text by ..
-- SPDX-License-Identifier: MIT
local x = 1.2345678901234e308
while true do local s = x .. "" end
