-- SPDX-License-Identifier: MIT
local policy = test.policy "office-hours"
local peer = test.peer { connections = 1 }
local negotiated = test.event { kind = sepp.event.NEGOTIATED }
local idle = test.event { kind = sepp.event.IDLE }

test.each("a new connection", {
  { time = "2026-07-01 06:00", idle_s = 900 },
  { time = "2026-07-01 21:59", idle_s = 900 },
  { time = "2026-07-01 22:00", idle_s = 60 },
  { time = "2026-07-01 05:59", idle_s = 60 },
}, function(row)
  test.retained(policy:retain_connection(negotiated { time = row.time }, peer), { idle_s = row.idle_s })
end)

test.case("by day the last quiet connection is kept", function()
  local noon = idle { time = "2026-07-01 12:00" }
  test.retained(policy:retain_connection(noon, peer), { idle_s = 900 })
  test.released(policy:retain_connection(noon, peer { connections = 2 }))
end)

test.case("by night none is", function()
  test.released(policy:retain_connection(idle { time = "2026-07-01 23:00" }, peer), "quiet")
end)

test.case("the hour is ours, not UTC", function()
  local morning_here = negotiated { time = "2026-07-01 23:00", utc_offset = 7 * 3600 }
  test.retained(policy:retain_connection(morning_here, peer), { idle_s = 900 })
end)

test.case("what is negotiated is the best there is", function()
  test.selected(policy:select_capability(test.request {}, peer), sepp.PRINS)
end)
