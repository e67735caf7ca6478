-- _ENV is nil
-- SPDX-License-Identifier: MIT
local _ENV = nil
return x
