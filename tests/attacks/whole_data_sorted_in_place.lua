-- data is handed to what changes tables
-- SPDX-License-Identifier: MIT
-- expect: answer
local policy = sepp.policy { api = 1, name = "x" }
local wide = sepp.data "wide"
function policy.select_capability()
  pcall(table.insert, wide.list, 9)
  pcall(table.sort, wide.list, function(a, b) return a > b end)
  pcall(table.remove, wide.list, 1)
  return sepp.reject("%s", table.concat(wide.list, ","))
end
return policy
