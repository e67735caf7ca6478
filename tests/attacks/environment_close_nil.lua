-- nil and false may be closed
-- SPDX-License-Identifier: MIT
-- expect: answer
local a <close> = nil
local b <close> = false
return sepp.select(sepp.TLS)
