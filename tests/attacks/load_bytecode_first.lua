-- compiled Lua behind a comment
LuaT
-- SPDX-License-Identifier: MIT
return 1
