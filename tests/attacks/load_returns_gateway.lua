-- the file returns the wrong kind
-- SPDX-License-Identifier: MIT
return sepp.partner { api = 1, name = "x" }
