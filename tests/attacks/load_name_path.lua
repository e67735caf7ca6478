-- a name that is a path
-- SPDX-License-Identifier: MIT
-- expect: at most
return sepp.policy { api = 1, name = "../../etc/passwd" }
