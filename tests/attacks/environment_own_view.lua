-- _ENV is a view
-- SPDX-License-Identifier: MIT
-- expect: has no field
local _ENV = request
return nothing
