-- a value to be closed
-- SPDX-License-Identifier: MIT
local a <close> = 1
