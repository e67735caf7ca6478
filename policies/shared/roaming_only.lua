-- SPDX-License-Identifier: MIT
-- Agrees to roaming and to nothing else.  Other purposes that a request names are left out of the
-- answer; a request that names only others is refused.
local policy = sepp.policy { api = 1, name = "roaming-only" }

function policy.select_capability(request)
  for _, purpose in ipairs(request.purposes) do
    if purpose ~= sepp.purpose.ROAMING then
      sepp.note("asked for %s as well", purpose)
    end
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS }, { purposes = { sepp.purpose.ROAMING } })
end

return policy
