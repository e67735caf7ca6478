-- error texts of the core
-- SPDX-License-Identifier: MIT
-- expect: answer
local t = {}
for _, f in ipairs({ function() return t.x.y end, function() return t + 1 end, function() return t < t end, function() return t .. "" end, function() t() end, function() return #nil end, function() return 1 < "x" end, function() return string.rep() end, function() t[nil] = 1 end, function() for i = 1, {} do end end, function() return ("x"):bad() end, function() return request.x end, function() return 2 ^ 70 | 1 end }) do
  sepp.note("%s", select(2, pcall(f)))
end
return sepp.select(sepp.TLS)
