-- one concatenation of many long texts
-- SPDX-License-Identifier: MIT
-- expect: a text longer than
local s = ("x"):rep(60000)
return s .. s .. s .. s .. s .. s .. s .. s .. s .. s
