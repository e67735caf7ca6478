-- there is no answer
-- SPDX-License-Identifier: MIT
local a = request.sender
