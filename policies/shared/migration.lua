-- SPDX-License-Identifier: MIT
-- Moves partners from TLS to PRINS, each on its own day.  Until then PRINS is welcome, from then on it
-- is all there is.  The days are in data/migration.json, in UTC.
local DAY_S = 86400
local WARN_DAYS = 30

-- Dates are read once, when the file loads: a mistyped one stops the reload, not a partner.
local prins_from = {}
for name, date in pairs(sepp.data("migration").prins_from) do
  prins_from[name] = sepp.date(date)
end

local policy = sepp.policy { api = 1, name = "migration" }

function policy.select_capability(request, peer)
  local from = prins_from[peer.name]
  if not from then
    return sepp.reject("no date for %s in data/migration.json", peer.name)
  end
  if request.time >= from then
    return sepp.prefer(request, { sepp.PRINS })
  end
  local days = (from - request.time) // DAY_S
  if days < WARN_DAYS and not request:offers(sepp.PRINS) then
    sepp.note("%s has %d days left to offer PRINS", peer.name, days)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

return policy
