-- uses getmetatable
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return getmetatable("").__index
