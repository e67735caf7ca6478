-- SPDX-License-Identifier: MIT
local policy = test.policy "emergency"
local tls_only = test.request { capabilities = { sepp.TLS }, time = "2026-12-24 18:00" }
local in_need = test.peer { flags = { "emergency" } }

test.case("PRINS is selected, emergency or not", function()
  test.selected(policy:select_capability(test.request {}, test.peer {}), sepp.PRINS)
  test.selected(policy:select_capability(test.request {}, in_need), sepp.PRINS)
end)

test.case("TLS needs the flag, and the refusal says how to set it", function()
  local answer = policy:select_capability(tls_only, test.peer { name = "example-mobile" })
  test.rejected(answer, "parleyctl flag example-mobile emergency on")
end)

test.case("with the flag TLS is taken, and noted", function()
  local answer = policy:select_capability(tls_only, in_need)
  test.selected(answer, sepp.TLS)
  test.noted(answer, "emergency")
end)

test.case("a partner whose file allows TLS alone is refused with words, until the flag is up", function()
  local lab = test.peer { name = "test-lab" } -- capabilities = { sepp.TLS }
  local both = test.request { capabilities = { sepp.PRINS, sepp.TLS }, time = "2026-12-24 18:00" }
  test.rejected(policy:select_capability(both, lab), "no common capability")
  test.selected(policy:select_capability(both, lab { flags = { "emergency" } }), sepp.TLS)
end)

test.case("a forgotten flag ends by itself", function()
  test.selected(policy:select_capability(tls_only { time = "2027-02-01 05:59" }, in_need), sepp.TLS)
  test.rejected(policy:select_capability(tls_only { time = "2027-02-01 06:00" }, in_need), "has ended")
end)
