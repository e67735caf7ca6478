-- SPDX-License-Identifier: MIT
-- What partners behind the roaming hub are answered by shared/hub.lua.
local hub = test.policy "hub"
local island = test.partner "island-telecom"

local request = test.request {}
local peer = test.peer { name = "island-telecom" }

test.case("PRINS is selected, whatever the order", function()
  for _, offer in ipairs { { sepp.TLS, sepp.PRINS }, { sepp.PRINS, sepp.TLS }, { sepp.PRINS } } do
    test.selected(hub:select_capability(request { capabilities = offer }, peer), sepp.PRINS)
  end
end)

test.case("a partner that follows the hub is answered by it", function()
  local answer = island:select_capability(request)
  test.selected(answer, sepp.PRINS)
  test.equal(answer.file, "shared/hub.lua")
end)

test.case("TLS is never selected where the hub reads the messages", function()
  test.rejected(island:select_capability(request { capabilities = { sepp.TLS } }))
end)

test.case("there is no way back from PRINS, the second time as well", function()
  local back = request { capabilities = { sepp.TLS } }
  local used = peer { established = sepp.PRINS }
  test.rejected(hub:select_capability(back, used), "downgrade")
  test.rejected(hub:select_capability(back, used { failures = 1 }), "downgrade")
  test.selected(hub:select_capability(request, used), sepp.PRINS)
end)

test.case("a capability that we do not know is no reason to refuse", function()
  local odd = request { capabilities = { "QUANTUM", sepp.PRINS } }
  test.selected(hub:select_capability(odd, peer), sepp.PRINS)
end)

test.each("a certificate that ends soon is noted", {
  { days = 7, notes = 0 }, { days = 6, notes = 1 }, { days = -1, notes = 1 },
}, function(row)
  local answer = hub:select_capability(request, peer { cert_days_left = row.days })
  test.selected(answer, sepp.PRINS)
  test.equal(#answer.notes, row.notes)
end)

test.case("a new connection is kept", function()
  test.retained(hub:retain_connection(test.event { kind = sepp.event.NEGOTIATED }, peer),
    { idle_s = 600, max_age_s = 86400 })
end)

test.each("a quiet connection is kept while it is the only one", {
  { connections = 1, verdict = "retain" }, { connections = 2, verdict = "release" },
}, function(row)
  local idle = test.event { kind = sepp.event.IDLE, age_s = 600 }
  test.verdict(hub:retain_connection(idle, peer { connections = row.connections }), row.verdict)
end)

test.each("nothing else keeps a connection",
  { sepp.event.MAX_AGE, sepp.event.LIMIT, sepp.event.POLICY_CHANGED }, function(kind)
    test.released(hub:retain_connection(test.event { kind = kind }, peer), "no use")
  end)
