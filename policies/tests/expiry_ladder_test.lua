-- SPDX-License-Identifier: MIT
local policy = test.policy "expiry-ladder"
local peer = test.peer {}
local negotiated = test.event { kind = sepp.event.NEGOTIATED }

test.each("negotiating", {
  { days = 365, verdict = "select", notes = 0 },
  { days = 30, verdict = "select", notes = 0 },
  { days = 29, verdict = "select", notes = 1 },
  { days = 1, verdict = "select", notes = 1 },
  { days = 0, verdict = "reject", notes = 0 },
  { days = -1, verdict = "reject", notes = 0 },
}, function(row)
  local answer = policy:select_capability(test.request {}, peer { cert_days_left = row.days })
  test.verdict(answer, row.verdict)
  test.equal(#answer.notes, row.notes)
end)

test.each("keeping connections", {
  { days = 7, max_age_s = 86400 },
  { days = 6, max_age_s = 3600 },
}, function(row)
  local answer = policy:retain_connection(negotiated, peer { cert_days_left = row.days })
  test.retained(answer, { max_age_s = row.max_age_s })
end)

test.case("a partner with a new certificate comes back with it", function()
  local changed = test.event { kind = sepp.event.CERTIFICATE_CHANGED }
  test.released(policy:retain_connection(changed, peer), "new certificate")
end)
