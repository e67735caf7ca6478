-- a long bracket that does not end
-- SPDX-License-Identifier: MIT
-- expect: longer than
local x = [==[
--* 31000 ]=]
