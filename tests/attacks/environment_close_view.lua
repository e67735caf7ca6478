-- a view to be closed
-- SPDX-License-Identifier: MIT
local a <close> = request
