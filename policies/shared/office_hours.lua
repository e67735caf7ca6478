-- SPDX-License-Identifier: MIT
-- Keeps quiet connections as long as the hour of the day makes a next message likely.  Asked again when
-- one has been idle for that long, it keeps the last one of a partner by day and lets go by night.
local DAY = { from = 6, to = 22 }
local IDLE_DAY_S = 900
local IDLE_NIGHT_S = 60

local policy = sepp.policy { api = 1, name = "office-hours" }

local function is_day(now)
  return now.hour >= DAY.from and now.hour < DAY.to
end

function policy.select_capability(request)
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function policy.retain_connection(event, peer)
  local day = is_day(event.local_time)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain { idle_s = day and IDLE_DAY_S or IDLE_NIGHT_S, ping_s = 30 }
  end
  if event.kind == sepp.event.IDLE and day and peer.counts.connections == 1 then
    return sepp.retain { idle_s = IDLE_DAY_S, ping_s = 30 }
  end
  return sepp.release("quiet for long enough: %s", event.kind)
end

return policy
