-- SPDX-License-Identifier: MIT
-- Steps down as a partner's certificate comes to its end: first a note, then connections that are kept
-- for a short while only, then nothing new.
local NOTE_DAYS = 30
local SHORT_DAYS = 7
local LAST_DAYS = 1

local policy = sepp.policy { api = 1, name = "expiry-ladder" }

function policy.select_capability(request, peer)
  local days = peer.certificate.days_left
  if days < LAST_DAYS then
    return sepp.reject("the certificate of %s ends today (%s)", peer.name, peer.certificate.fingerprint)
  end
  if days < NOTE_DAYS then
    sepp.note("the certificate of %s ends in %d days", peer.name, days)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function policy.retain_connection(event, peer)
  if event.kind == sepp.event.CERTIFICATE_CHANGED then
    return sepp.release("%s has a new certificate: let it come back with that", peer.name)
  end
  if peer.certificate.days_left < SHORT_DAYS then
    return sepp.retain { idle_s = 60, max_age_s = 3600 }
  end
  return sepp.retain { idle_s = 600, max_age_s = 86400 }
end

return policy
