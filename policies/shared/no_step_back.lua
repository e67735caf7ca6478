-- SPDX-License-Identifier: MIT
-- Takes TLS or PRINS from a new partner, and holds it to PRINS once it has used it.
local guards = sepp.require "guards"

local policy = sepp.policy { api = 1, name = "no-step-back" }

function policy.select_capability(request, peer)
  local why = guards.step_back(request, peer)
  if why then
    return sepp.reject("%s", why)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

-- The same when we ask: what the partner selects has to be as good as what we had.
function policy.verify_selection(response, peer)
  if peer.established == sepp.PRINS and response.capability ~= sepp.PRINS then
    return sepp.reject("downgrade: %s answered %s, PRINS is established", peer.name, response.capability)
  end
  return sepp.accept()
end

return policy
