-- separators overflow the length
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
return (""):rep(math.maxinteger, ("x"):rep(60000))
