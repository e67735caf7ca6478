-- SPDX-License-Identifier: MIT
-- Lets a partner in for the networks that are launched, a part of those that its file names.  The file
-- says what a partner owns, and the gateway holds it to that; this says what is open today.
local LAUNCHED = {
  ["262-01"] = true,
  ["342-998"] = true,
}

local policy = sepp.policy { api = 1, name = "launched-plmns" }

function policy.select_capability(request, peer)
  for _, plmn in ipairs(request.plmns) do
    if not LAUNCHED[plmn] then
      return sepp.reject("%s: network %s is not launched", peer.name, plmn)
    end
  end
  if request.target_plmn then
    sepp.note("for our network %s", request.target_plmn)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

return policy
