-- SPDX-License-Identifier: MIT
local policy = test.policy "refuse-none"

test.case("NONE beside something better is refused", function()
  local request = test.request { capabilities = { sepp.TLS, sepp.NONE } }
  test.rejected(policy:select_capability(request, test.peer { name = "example-mobile" }), "offers NONE")
end)

test.case("without NONE the best is selected", function()
  local request = test.request { capabilities = { sepp.TLS, sepp.PRINS } }
  test.selected(policy:select_capability(request, test.peer {}), sepp.PRINS)
end)
