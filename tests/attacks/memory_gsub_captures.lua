-- gsub doubles with captures
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local s = "x"
while true do s = s:gsub(".+", "%0%0") end
