-- hints do not depend on hashing
-- SPDX-License-Identifier: MIT
-- expect: answer
local out = {}
for _, name in ipairs({ "strin", "tabel", "mat", "seppp", "ipair", "tostrin", "selec", "a", "zz" }) do
  local _, why = pcall(function() return _ENV[name] end)
  sepp.note("%s", why)
end
return sepp.select(sepp.TLS)
