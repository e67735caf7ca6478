-- SPDX-License-Identifier: MIT
local alpha = test.partner "alpha"

test.case("offers TLS", function()
  local peer = test.peer { certificate = { days_left = 6 } }
  test.selected(alpha:select_capability(test.request {}, peer), sepp.TLS)
end)
