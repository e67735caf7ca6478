-- SPDX-License-Identifier: MIT
-- Insists on PRINS, but for an emergency: with `parleyctl flag NAME emergency on`, TLS is taken as well,
-- until the day below.  After it the flag is without effect, even if nobody remembers to take it down.
local ENDS = sepp.date "2027-02-01 06:00"

local policy = sepp.policy { api = 1, name = "emergency" }

function policy.select_capability(request, peer)
  if request:offers(sepp.PRINS) then
    return sepp.select(sepp.PRINS)
  end
  if not peer.flags["emergency"] then
    return sepp.reject("%s does not offer PRINS; parleyctl flag %s emergency on would take TLS", peer.name,
      peer.name)
  end
  if request.time >= ENDS then
    return sepp.reject("the emergency fallback of %s has ended: move ENDS if it has to go on", peer.name)
  end
  sepp.note("emergency: %s may use TLS", peer.name)
  return sepp.prefer(request, { sepp.TLS })
end

return policy
