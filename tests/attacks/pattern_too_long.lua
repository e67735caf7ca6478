-- a pattern of 60 KB
-- SPDX-License-Identifier: MIT
-- expect: longer than
return ("a"):find(("a"):rep(60000))
