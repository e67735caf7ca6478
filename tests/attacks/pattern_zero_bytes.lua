-- patterns with zeros in them
-- SPDX-License-Identifier: MIT
-- expect: answer
return sepp.reject("%d", (("a\0b"):rep(100):gsub("%z?\0[\0-\1]?", "")):len())
