-- SPDX-License-Identifier: MIT
-- Refuses partners that offer to work without protection.  NONE is never selected, whatever a policy
-- says; but a partner that lists it has a gateway which would, and should hear about it.
local policy = sepp.policy { api = 1, name = "refuse-none" }

function policy.select_capability(request, peer)
  if request:offers(sepp.NONE) then
    return sepp.reject("%s offers NONE among others: its gateway would work without protection", peer.name)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

return policy
