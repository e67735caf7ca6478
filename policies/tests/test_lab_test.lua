-- SPDX-License-Identifier: MIT
-- What our own test lab is answered.
local lab = test.partner "test-lab"

test.case("a lab that says what it tests gets TLS", function()
  local request = test.request { purposes = { sepp.purpose.ROAMING_TEST } }
  test.selected(lab:select_capability(request), sepp.TLS)
end)

test.case("a lab that does not say what it tests is refused", function()
  test.rejected(lab:select_capability(test.request {}), "say what you test")
end)

test.case("PRINS is above its ceiling", function()
  local request = test.request {
    capabilities = { sepp.PRINS }, purposes = { sepp.purpose.ROAMING_TEST },
  }
  test.failed(lab:select_capability(request), "TLS")
end)
