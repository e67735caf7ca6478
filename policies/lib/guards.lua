-- SPDX-License-Identifier: MIT
-- Helps policies that share a rule.  Loaded with sepp.require "guards".
local guards = {}

-- Why this request would be a step back, or nil.  What is established stays so while a refusal suspends
-- it, so that the second attempt is refused as well.
function guards.step_back(request, peer)
  if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return ("downgrade: %s used PRINS before and does not offer it now"):format(peer.name)
  end
  return nil
end

-- Whether the request names a purpose and all that it names are tests.
function guards.is_test_only(request)
  for _, purpose in ipairs(request.purposes) do
    if not tostring(purpose):find("_TEST$") then
      return false
    end
  end
  return #request.purposes > 0
end

return guards
