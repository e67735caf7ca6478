-- a text doubles, in pcall
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local s = "x"
while true do pcall(function() s = s .. s end) end
