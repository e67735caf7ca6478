-- a name of 60 KB
-- SPDX-License-Identifier: MIT
-- expect: at most
return sepp.policy { api = 1, name = ("x"):rep(60000) }
