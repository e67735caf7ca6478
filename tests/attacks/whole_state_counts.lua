-- a counter in an upvalue starts again each time
-- SPDX-License-Identifier: MIT
-- expect: answer
local policy = sepp.policy { api = 1, name = "x" }
local n, t = 0, {}
function policy.select_capability()
  n = n + 1
  t[#t + 1] = n
  return sepp.reject("%d %d", n, #t)
end
return policy
