-- compiled Lua
-- SPDX-License-Identifier: MIT
local x = 1 --[[  ]] return "Lua" Lua
