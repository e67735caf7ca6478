-- SPDX-License-Identifier: MIT
local partner = sepp.partner {
  api = 1,
  name = "alpha",
  fqdns = { "sepp.5gc.mnc001.mcc262.3gppnetwork.org" },
  plmns = { "262-01" },
  anchors = "anchors/alpha.pem",
  capabilities = { sepp.PRINS, sepp.TLS },
}

function partner.select_capability(request, peer)
  return sepp.reject(403)
end

return partner
