-- a back reference to a long capture
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("a"):rep(60000):find("(a*)%1%1b")
