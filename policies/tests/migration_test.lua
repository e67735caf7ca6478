-- SPDX-License-Identifier: MIT
local policy = test.policy "migration"
local mobile = test.peer { name = "example-mobile" } -- moves on 2027-01-01 02:00
local tls_only = test.request { capabilities = { sepp.TLS } }

test.each("TLS until the day, PRINS from then on", {
  { time = "2026-01-01 00:00", verdict = "select" },
  { time = "2027-01-01 01:59", verdict = "select" },
  { time = "2027-01-01 02:00", verdict = "reject" },
  { time = "2028-06-01 00:00", verdict = "reject" },
}, function(row)
  test.verdict(policy:select_capability(tls_only { time = row.time }, mobile), row.verdict)
end)

test.case("PRINS is welcome before and after", function()
  test.selected(policy:select_capability(test.request { time = "2026-01-01 00:00" }, mobile), sepp.PRINS)
  test.selected(policy:select_capability(test.request { time = "2027-06-01 00:00" }, mobile), sepp.PRINS)
end)

test.case("the last weeks are noted", function()
  test.noted(policy:select_capability(tls_only { time = "2026-12-22 02:00" }, mobile), "10 days left")
end)

test.case("a partner without a date is refused", function()
  test.rejected(policy:select_capability(tls_only, test.peer { name = "somebody" }), "no date for somebody")
end)
