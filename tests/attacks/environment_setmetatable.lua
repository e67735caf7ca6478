-- uses setmetatable
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return setmetatable({}, {})
