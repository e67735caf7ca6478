-- SPDX-License-Identifier: MIT
-- Lets test traffic in during the maintenance window, Tuesday to Thursday from 2 to 4 in our own zone.
-- Outside of it tests are asked to come back; live traffic is never touched.
local guards = sepp.require "guards"

local FIRST_DAY, LAST_DAY = 2, 4 -- 1 is Monday
local FROM_HOUR, TO_HOUR = 2, 4
local LONGEST_WAIT_S = 3600

local policy = sepp.policy { api = 1, name = "test-window" }

local function is_open(now)
  return now.weekday >= FIRST_DAY and now.weekday <= LAST_DAY and now.hour >= FROM_HOUR and now.hour < TO_HOUR
end

-- Seconds until the hour at which the window opens, on whichever day.
local function wait_s(now)
  local minutes = (FROM_HOUR * 60 - now.hour * 60 - now.minute) % (24 * 60)
  return math.max(60, math.min(minutes * 60, LONGEST_WAIT_S))
end

function policy.select_capability(request, peer)
  if guards.is_test_only(request) and not is_open(request.local_time) then
    return sepp.defer(wait_s(request.local_time), "tests of %s wait for the window", peer.name)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

return policy
