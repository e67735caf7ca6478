-- a chain of 5,000 calls
-- SPDX-License-Identifier: MIT
-- expect: more than
local x = string
--* 5000 ()
return x
