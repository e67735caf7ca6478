-- plain find of what is nearly there
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
local s, p = ("ab"):rep(30000), ("ab"):rep(15000) .. "b"
while true do s:find(p, 1, true) end
