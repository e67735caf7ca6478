-- SPDX-License-Identifier: MIT
-- Decides about Coast Tel, with whom we open the negotiation ourselves: PRINS with the protection policy
-- that was agreed on paper, TLS until both sides are ready for it, and a connection in each direction.
local partner = sepp.partner {
  api = 1,
  name = "coast-tel",
  fqdns = { "sepp.5gc.mnc077.mcc206.3gppnetwork.org" },
  plmns = { "206-77" },
  anchors = "anchors/coast-tel.pem",

  -- We negotiate as soon as we run, and anew when this file, the agreement's age or an error asks for it.
  -- Without an address it would be looked up in DNS, by the name above; `srv` is for SRV records.
  initiate = true,
  address = "127.0.0.2:7443",

  path = sepp.path.IP_ONLY,
  capabilities = { sepp.PRINS, sepp.TLS }, -- what we offer, best first

  -- What is encrypted, and what nobody on the way may change.  Both sides have to have the same.
  prins = { policy = "data/protection.json" },

  limits = { handshakes_per_minute = 60, connections = 8, reports_per_minute = 20 },
}

local BAD_MESSAGES = 50

-- When they call us.
function partner.select_capability(request)
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

-- A connection that they opened carries their error reports; ours need one in the other direction.
function partner.retain_connection(event)
  if event.kind == sepp.event.ERRORS or event.kind == sepp.event.LIMIT then
    return sepp.release("%s: the next one may do better", event.kind)
  end
  return sepp.retain { idle_s = 600, max_age_s = 86400, ping_s = 60, open_reverse = true }
end

-- They could not read a message of ours.
function partner.on_error_report(report, peer)
  if report.type == sepp.n32f_error.POLICY_MISMATCH then
    return sepp.renegotiate("message %s is not by the policy of %s", report.message_id, peer.name)
  elseif report.count >= BAD_MESSAGES then
    return sepp.terminate("%d messages of ours are wrong for %s", report.count, peer.name)
  end
  return sepp.continue()
end

return partner
