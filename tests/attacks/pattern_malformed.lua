-- patterns that end too early
-- SPDX-License-Identifier: MIT
-- expect: answer
local n = 0
for _, p in ipairs({ "%", "[", "[^", "[a", "[a-", "[%", "(", "(()", ")", "%b", "%bx", "%f", "%f[", "%1", "(%1)", "%0" }) do
  n = n + (pcall(string.find, "x", p) and 1 or 0)
end
return sepp.reject("%d", n)
