-- _ENV is a number
-- SPDX-License-Identifier: MIT
local _ENV = 1
return x
