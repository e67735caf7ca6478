-- SPDX-License-Identifier: MIT
-- Decides, at Coast Tel, about the gateway of network 001-01: it opens the negotiations, we answer with the
-- best that it offers, and keep a connection in each direction while PRINS is in force.
local partner = sepp.partner {
  api = 1,
  name = "home",
  fqdns = { "sepp.5gc.mnc001.mcc001.3gppnetwork.org" },
  plmns = { "001-01" },
  anchors = "anchors/home.pem",
  address = "127.0.0.1:7443",
  path = sepp.path.IP_ONLY,
  capabilities = { sepp.PRINS, sepp.TLS },
  prins = { policy = "data/protection.json" },
}

function partner.select_capability(request)
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function partner.retain_connection()
  return sepp.retain { idle_s = 600, open_reverse = true }
end

return partner
