-- select that gets its own results
-- SPDX-License-Identifier: MIT
local function f(n, ...) return f(n + 1, select(1, ...)) end
return f(1, table.unpack({}, 1, 250))
