-- SPDX-License-Identifier: MIT
-- Decides that Island Telecom, which we reach through the roaming hub, is treated like everybody
-- there: shared/hub.lua takes its decisions.
return sepp.partner {
  api = 1,
  name = "island-telecom",
  group = "hub",
  fqdns = { "sepp.5gc.mnc998.mcc342.3gppnetwork.org" },
  plmns = { "342-998" },
  anchors = "anchors/island-telecom.pem",

  -- The hub reads the messages.  The specification then asks for PRINS, and the gateway sees to it:
  -- with this path, TLS is not selected even if a policy wanted it.
  path = sepp.path.INTERMEDIARY,
  follows = "hub",
  capabilities = { sepp.PRINS },
  purposes = { sepp.purpose.ROAMING },
}
