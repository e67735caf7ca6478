-- a field with a long name
-- SPDX-License-Identifier: MIT
return sepp.policy { api = 1, name = "x", [("x"):rep(60000)] = 1 }
