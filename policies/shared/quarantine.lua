-- SPDX-License-Identifier: MIT
-- Sends a partner away for a while when its requests have been wrong too often in the last hour, and for
-- good when it does not stop.  Being sent away is not counted as a mistake, so a quarantine ends by
-- itself.
local WARN = 3
local WAIT = 5
local REFUSE = 20

local policy = sepp.policy { api = 1, name = "quarantine" }

function policy.select_capability(request, peer)
  local strikes = peer.history.strikes
  if strikes >= REFUSE then
    return sepp.reject("%s is in quarantine: %d strikes in an hour", peer.name, strikes)
  end
  if strikes >= WAIT then
    return sepp.defer(600, "%s is in quarantine: %d strikes in an hour", peer.name, strikes)
  end
  if strikes >= WARN then
    sepp.note("%s has %d strikes", peer.name, strikes)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

-- Messages of ours that a partner cannot read are our problem or its; many of them are nobody's chance.
function policy.on_error_report(report, peer)
  if report.count >= REFUSE then
    return sepp.terminate("%s reported %d errors about context %s", peer.name, report.count, report.context)
  end
  return sepp.continue()
end

return policy
