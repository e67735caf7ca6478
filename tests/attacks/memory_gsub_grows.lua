-- gsub multiplies
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
return ("x"):rep(60000):gsub("", ("y"):rep(60000))
