-- nested captures
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
return ("a"):rep(65000):find(("("):rep(16) .. ".*" .. (")"):rep(16) .. "b")
