-- gsub with a negative count changes nothing
-- SPDX-License-Identifier: MIT
-- expect: answer
return sepp.reject("%s %d", ("x"):gsub("x", "y", math.mininteger))
