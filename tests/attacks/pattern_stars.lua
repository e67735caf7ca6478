-- a*a*a*b
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("a"):rep(65000):find("a*a*a*b")
