-- thousands of purposes
-- SPDX-License-Identifier: MIT
local t = {}
for i = 1, 4000 do t[i] = sepp.purpose.ROAMING end
while true do sepp.select(sepp.TLS, { purposes = t }) end
