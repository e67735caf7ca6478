-- the file returns nothing
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
