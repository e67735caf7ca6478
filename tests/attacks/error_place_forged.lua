-- an error text that looks like a place
-- SPDX-License-Identifier: MIT
error("shared/other.lua:99999999999999: x", 0)
