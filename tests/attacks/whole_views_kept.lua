-- views are kept from one decision for the next, which does not get them
-- SPDX-License-Identifier: MIT
local policy = sepp.policy { api = 1, name = "x" }
local kept = {}
function policy.select_capability(request, peer)
  if kept[1] then return sepp.reject("%s", kept[1].sender .. kept[2].name) end
  kept[1], kept[2], kept[3] = request, peer, request.capabilities
  return 1
end
return policy
