-- SPDX-License-Identifier: MIT
local alpha = test.partner "alpha"

test.case("offers TLS", function()
  test.selected(alpha:select_capability(test.request {}), "TLS")
end)
