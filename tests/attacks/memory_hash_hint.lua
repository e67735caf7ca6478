-- a constructor of many named fields in a loop
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
while true do local t = { a = 1, b = 2, c = 3, d = 4, e = 5, f = 6, g = 7, h = 8, i = 9 } end
