-- floats print the same
-- SPDX-License-Identifier: MIT
-- expect: answer
for i = 1, 16 do sepp.note("%s %.17g %a %q", 1 / 3 * i, 2 ^ (i * 60), i / 7, i / 9) end
return sepp.select(sepp.TLS)
