-- SPDX-License-Identifier: MIT
-- Decides about Example Mobile, a neighbour with a direct line to us: plain TLS whenever it is
-- offered, PRINS if it is all there is.
local partner = sepp.partner {
  api = 1,
  name = "example-mobile",
  tags = { "wholesale" },

  -- The names that its certificate may carry, and the networks it speaks for.
  fqdns = { "sepp.5gc.mnc001.mcc262.3gppnetwork.org" },
  plmns = { "262-01", "262-06" },

  -- The only roots that may sign for these networks.
  anchors = "anchors/example-mobile.pem",

  -- Nobody between the two gateways reads the messages, so that TLS protects them end to end.
  path = sepp.path.DIRECT,
  capabilities = { sepp.TLS, sepp.PRINS },
  purposes = { sepp.purpose.ROAMING, sepp.purpose.SMS_INTERCONNECT },
  limits = { handshakes_per_minute = 60, connections = 8 },
}

function partner.select_capability(request)
  return sepp.prefer(request, { sepp.TLS, sepp.PRINS })
end

return partner
