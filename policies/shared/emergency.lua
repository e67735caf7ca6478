-- SPDX-License-Identifier: MIT
-- Insists on PRINS, but for an emergency: with `parleyctl flag NAME emergency on`, TLS is taken as well,
-- until the day below.  After it the flag is without effect, even if nobody remembers to take it down.
local ENDS = sepp.date "2027-02-01 06:00"

local policy = sepp.policy { api = 1, name = "emergency" }

function policy.select_capability(request, peer)
  local flag = peer.flags["emergency"]
  if flag and request.time < ENDS then
    sepp.note("emergency: %s may use TLS", peer.name)
    return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
  end
  if request:offers(sepp.PRINS) then
    return sepp.prefer(request, { sepp.PRINS })
  end
  if flag then
    return sepp.reject("the emergency fallback of %s has ended: move ENDS if it has to go on", peer.name)
  end
  return sepp.reject("%s does not offer PRINS; parleyctl flag %s emergency on would take TLS", peer.name,
    peer.name)
end

return policy
