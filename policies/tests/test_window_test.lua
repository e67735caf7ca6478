-- SPDX-License-Identifier: MIT
local policy = test.policy "test-window"
local lab = test.peer { name = "test-lab" }
local trial = test.request { purposes = { sepp.purpose.ROAMING_TEST } }

-- 2026-07-01 is a Wednesday
test.each("tests wait for the window", {
  { time = "2026-07-01 02:00", verdict = "select" },
  { time = "2026-07-01 03:59", verdict = "select" },
  { time = "2026-07-01 01:59", verdict = "defer" },
  { time = "2026-07-01 04:00", verdict = "defer" },
  { time = "2026-06-29 02:30", verdict = "defer" },
  { time = "2026-07-03 02:30", verdict = "defer" },
}, function(row)
  test.verdict(policy:select_capability(trial { time = row.time }, lab), row.verdict)
end)

test.case("the window is in our own zone", function()
  local half_past_two = trial { time = "2026-07-01 00:30", utc_offset = 7200 }
  test.selected(policy:select_capability(half_past_two, lab), sepp.TLS)
end)

test.each("nobody is asked to wait for longer than it takes, nor than an hour", {
  { time = "2026-07-01 01:50", wait = 600 },
  { time = "2026-07-01 12:00", wait = 3600 },
}, function(row)
  test.deferred(policy:select_capability(trial { time = row.time }, lab), row.wait)
end)

test.case("live traffic is never touched", function()
  local noon = "2026-07-01 12:00"
  test.selected(policy:select_capability(test.request { time = noon }, lab), sepp.TLS)
  local both = { sepp.purpose.ROAMING, sepp.purpose.ROAMING_TEST }
  test.selected(policy:select_capability(test.request { time = noon, purposes = both }, lab), sepp.TLS)
end)
