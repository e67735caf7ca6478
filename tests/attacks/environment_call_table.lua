-- a table is called
-- SPDX-License-Identifier: MIT
local t = { __call = function() return sepp.select(sepp.TLS) end }
return t()
