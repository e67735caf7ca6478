-- SPDX-License-Identifier: MIT
local alpha = test.partner "alpha"

test.case("TLS", function()
  test.equal(alpha:select_capability(), sepp.TLS)
end)
