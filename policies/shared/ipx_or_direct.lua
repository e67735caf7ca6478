-- SPDX-License-Identifier: MIT
-- Decides by who reads the messages on the way: TLS where nobody does, PRINS where a hub or IPX carrier
-- does.  The partner's file says which, with `path`.
local policy = sepp.policy { api = 1, name = "ipx-or-direct" }

function policy.select_capability(request, peer)
  if peer.path == sepp.path.INTERMEDIARY then
    -- The gateway would not let us select TLS here; saying so ourselves gives the operator the reason.
    if not request:offers(sepp.PRINS) then
      return sepp.reject("%s comes through an intermediary and does not offer PRINS", peer.name)
    end
    return sepp.prefer(request, { sepp.PRINS })
  end
  -- DIRECT, or IP_ONLY: a carrier that forwards packets reads nothing.
  return sepp.prefer(request, { sepp.TLS, sepp.PRINS })
end

-- When we open the negotiation, we ask for the same.
function policy.offer_capabilities(peer)
  if peer.path == sepp.path.INTERMEDIARY then
    return { sepp.PRINS }
  end
  return { sepp.TLS, sepp.PRINS }
end

return policy
