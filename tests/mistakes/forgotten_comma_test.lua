-- SPDX-License-Identifier: MIT
local alpha = test.partner "alpha"

test.case "offers TLS" {
  test.selected(alpha:select_capability(), sepp.TLS)
}
