-- math functions read long texts as numbers
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s = "0x" .. ("f"):rep(4000)
while true do math.floor(s) end
