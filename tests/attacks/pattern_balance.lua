-- %b() again and again
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("("):rep(65000):find(("%b()"):rep(20))
