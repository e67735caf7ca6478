-- an order with itself inside
-- SPDX-License-Identifier: MIT
local t = {}
t[1] = t
return sepp.prefer(request, t)
