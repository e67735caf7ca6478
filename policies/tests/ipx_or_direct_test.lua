-- SPDX-License-Identifier: MIT
local policy = test.policy "ipx-or-direct"
local through_hub = test.peer { path = sepp.path.INTERMEDIARY }

test.each("TLS where nobody reads, PRINS where somebody does", {
  { path = sepp.path.DIRECT, gets = sepp.TLS },
  { path = sepp.path.IP_ONLY, gets = sepp.TLS },
  { path = sepp.path.INTERMEDIARY, gets = sepp.PRINS },
}, function(row)
  local request = test.request { capabilities = { sepp.PRINS, sepp.TLS } }
  test.selected(policy:select_capability(request, test.peer { path = row.path }), row.gets)
end)

test.case("PRINS on a direct line when it is all there is", function()
  local request = test.request { capabilities = { sepp.PRINS } }
  test.selected(policy:select_capability(request, test.peer { path = sepp.path.DIRECT }), sepp.PRINS)
end)

test.case("TLS alone through the hub is refused, with a reason", function()
  local request = test.request { capabilities = { sepp.TLS } }
  test.rejected(policy:select_capability(request, through_hub), "does not offer PRINS")
end)

test.case("we offer what we would select", function()
  test.equal(policy:offer_capabilities(through_hub).capabilities, { sepp.PRINS })
  test.equal(policy:offer_capabilities(test.peer {}).capabilities, { sepp.TLS, sepp.PRINS })
end)
