-- the iterator of ipairs is called by hand
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
local f = ipairs({})
for i = 0, 1e9 do f(request.capabilities, i) end
