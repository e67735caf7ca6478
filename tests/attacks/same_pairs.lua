-- pairs and next go in the order of the keys
-- SPDX-License-Identifier: MIT
-- expect: answer
local t, out, n = {}, {}, 0
for i = 1, 200 do t[("k"):rep(i % 7) .. i] = i t[i * 7 % 13 + 0.5] = i t[-i] = i end
t[true], t[false], t[sepp.TLS], t[sepp.PRINS], t[sepp.event.IDLE] = 1, 2, 3, 4, 5
for k, v in pairs(t) do n = (n * 31 + #tostring(k) + v) % 1000003 end
local k, v = next(t)
for i = 1, 20 do k, v = next(t, k) n = (n * 31 + #tostring(k) + v) % 1000003 end
return sepp.reject("%d", n)
