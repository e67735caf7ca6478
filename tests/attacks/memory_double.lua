-- a text doubles
-- SPDX-License-Identifier: MIT
-- expect: a text longer than
local s = "x"
while true do s = s .. s end
