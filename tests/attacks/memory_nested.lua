-- a table in a table
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local t = {}
while true do t = { t } end
