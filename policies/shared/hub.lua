-- SPDX-License-Identifier: MIT
-- Decides for all partners that we reach through the roaming hub: PRINS, no step back from it, and
-- connections that stay open as long as they are of use.
--
-- A partner's file joins with `follows = "hub"`, and may still define a hook of its own, which then
-- counts instead of the one here.
local policy = sepp.policy { api = 1, name = "hub" }

local IDLE_S = 600 -- a quiet connection is asked about after ten minutes
local MAX_AGE_S = 86400 -- and every connection once a day
local EXPIRES_SOON_DAYS = 7

function policy.select_capability(request, peer)
  -- The hub reads and changes what it forwards, and PRINS is what makes that visible.  A partner
  -- that used PRINS and comes back without it has a problem, or somebody else has its key.
  -- What is established stays so while a refusal suspends it: the second attempt is refused as well.
  if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return sepp.reject("downgrade: %s used PRINS before and does not offer it now", peer.name)
  end

  -- Notes are in the debug log of the decision and change nothing.
  if peer.certificate.days_left < EXPIRES_SOON_DAYS then
    sepp.note("certificate of %s: %d days left", peer.name, peer.certificate.days_left)
  end

  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function policy.retain_connection(event, peer)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain { idle_s = IDLE_S, max_age_s = MAX_AGE_S }
  end
  -- One quiet connection saves the next handshake; several do not save more.
  if event.kind == sepp.event.IDLE and peer.counts.connections == 1 then
    return sepp.retain { idle_s = IDLE_S, max_age_s = MAX_AGE_S }
  end
  return sepp.release("%s has no use for this connection any more", peer.name)
end

return policy
