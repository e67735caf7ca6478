-- more notes than are kept
-- SPDX-License-Identifier: MIT
-- expect: answer
for i = 1, 100 do sepp.note("%d %s", i, ("x"):rep(300)) end
return sepp.select(sepp.TLS)
