-- an empty text 2^62 times, again and again
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do (""):rep(1 << 62, "") end
