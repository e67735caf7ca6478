-- SPDX-License-Identifier: MIT
local policy = test.policy "no-step-back"
local tls_only = test.request { capabilities = { sepp.TLS } }
local on_prins = test.peer { established = sepp.PRINS }
local on_tls = test.peer { established = sepp.TLS }

test.case("a new partner may use TLS", function()
  test.selected(policy:select_capability(tls_only, test.peer {}), sepp.TLS)
end)

test.case("who used TLS may go on, and may step up", function()
  test.selected(policy:select_capability(tls_only, on_tls), sepp.TLS)
  test.selected(policy:select_capability(test.request {}, on_tls), sepp.PRINS)
end)

test.case("who used PRINS may not step back", function()
  test.rejected(policy:select_capability(tls_only, on_prins), "downgrade")
  test.selected(policy:select_capability(test.request {}, on_prins), sepp.PRINS)
end)

test.case("nor may it when we asked", function()
  test.rejected(policy:verify_selection(test.response { capability = sepp.TLS }, on_prins), "downgrade")
  test.verdict(policy:verify_selection(test.response { capability = sepp.PRINS }, on_prins), "accept")
  test.verdict(policy:verify_selection(test.response { capability = sepp.TLS }, on_tls), "accept")
end)
