-- SPDX-License-Identifier: MIT
local policy = test.policy "quarantine"
local peer = test.peer { name = "test-lab" }

test.each("strikes", {
  { strikes = 0, verdict = "select", notes = 0 },
  { strikes = 2, verdict = "select", notes = 0 },
  { strikes = 3, verdict = "select", notes = 1 },
  { strikes = 5, verdict = "defer", notes = 0 },
  { strikes = 19, verdict = "defer", notes = 0 },
  { strikes = 20, verdict = "reject", notes = 0 },
}, function(row)
  local answer = policy:select_capability(test.request {}, peer { strikes = row.strikes })
  test.verdict(answer, row.verdict)
  test.equal(#answer.notes, row.notes)
end)

test.case("who waits is told for how long", function()
  test.deferred(policy:select_capability(test.request {}, peer { strikes = 7 }), 600)
end)

test.case("errors are borne, up to a number", function()
  test.verdict(policy:on_error_report(test.report { count = 1 }, peer), "continue")
  test.verdict(policy:on_error_report(test.report { count = 20 }, peer), "terminate")
end)
