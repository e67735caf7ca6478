-- an error text like that of Lua
-- SPDX-License-Identifier: MIT
error("not enough memory", 0)
