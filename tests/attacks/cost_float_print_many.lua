-- many floats become text in one concatenation
-- SPDX-License-Identifier: MIT
local x = 1e308
while true do local s = x .. x .. x .. x .. x .. x .. x .. x .. x .. x .. x .. x end
