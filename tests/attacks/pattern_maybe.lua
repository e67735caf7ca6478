-- a?a?a?
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("a"):rep(60):find(("a?"):rep(60) .. ("a"):rep(61))
