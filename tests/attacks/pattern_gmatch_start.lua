-- gmatch from the edges of the integers
-- SPDX-License-Identifier: MIT
-- expect: answer
for w in ("a"):gmatch("a", math.mininteger) do sepp.note("%s", w) end
for w in ("a"):gmatch("a", math.maxinteger) do sepp.note("%s", w) end
return sepp.select(sepp.TLS)
