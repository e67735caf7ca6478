-- a file that wants to decide
-- SPDX-License-Identifier: MIT
-- expect: cannot be called while
local policy = sepp.policy { api = 1, name = "x" }
return sepp.select(sepp.TLS)
