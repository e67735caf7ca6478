-- SPDX-License-Identifier: MIT
-- Ends roaming with a partner on the day its agreement ends (data/agreements.json, in UTC): from then on
-- nothing is negotiated and no connection is kept.  Partners without a date have no end.
local WARN_S = 30 * 86400

local ends = {}
for name, date in pairs(sepp.data("agreements").ends) do
  ends[name] = sepp.date(date)
end

local policy = sepp.policy { api = 1, name = "sunset" }

function policy.select_capability(request, peer)
  local over = ends[peer.name]
  if over and request.time >= over then
    return sepp.reject("the agreement with %s has ended", peer.name)
  end
  if over and request.time >= over - WARN_S then
    sepp.note("the agreement with %s ends in %d days", peer.name, (over - request.time) // 86400)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function policy.retain_connection(event, peer)
  local over = ends[peer.name]
  if not over then
    return sepp.retain { idle_s = 600 }
  end
  if event.time >= over then
    return sepp.release("the agreement with %s has ended", peer.name)
  end
  -- A connection never outlives the agreement.
  return sepp.retain { idle_s = 600, max_age_s = math.min(over - event.time, 86400) }
end

return policy
