-- SPDX-License-Identifier: MIT
local t = {}
t.ring = t
return t
