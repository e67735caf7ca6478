-- a library function changes what it holds; the next decision does not see it
-- SPDX-License-Identifier: MIT
-- expect: answer
local policy = sepp.policy { api = 1, name = "x" }
local plain = sepp.require "plain"
function policy.select_capability()
  plain.count()
  return sepp.reject("%d", plain.count())
end
return policy
