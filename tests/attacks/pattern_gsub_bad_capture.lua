-- gsub with %9
-- SPDX-License-Identifier: MIT
-- expect: invalid capture
return ("x"):gsub("x", "%9")
