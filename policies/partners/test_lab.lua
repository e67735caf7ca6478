-- SPDX-License-Identifier: MIT
-- Decides about our own test lab: TLS, for test traffic only, and not often.
local partner = sepp.partner {
  api = 1,
  name = "test-lab",
  group = "lab",
  fqdns = { "sepp-lab.5gc.mnc002.mcc001.3gppnetwork.org" },
  plmns = { "001-02" },
  anchors = "anchors/test-lab.pem",
  path = sepp.path.DIRECT,
  capabilities = { sepp.TLS },

  -- A request for live traffic is refused, one for both gets the part that is a test.
  purposes = { sepp.purpose.ROAMING_TEST, sepp.purpose.SMS_INTERCONNECT_TEST },

  -- A script in the lab that runs wild is told to wait (429) and harms nobody.
  limits = { handshakes_per_minute = 6, connections = 4 },

  -- The lab may read our reasons.  A real partner gets the status and the cause, no more.
  verbose_errors = true,
}

function partner.select_capability(request)
  -- Without a list of purposes a peer asks for everything; in the lab it says what it tests.
  if #request.purposes == 0 then
    return sepp.reject("say what you test: intended purposes are missing")
  end
  return sepp.select(sepp.TLS)
end

return partner
