-- options with a key that is a table
-- SPDX-License-Identifier: MIT
return sepp.select(sepp.TLS, { [{}] = 1 })
