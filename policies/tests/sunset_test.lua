-- SPDX-License-Identifier: MIT
local policy = test.policy "sunset"
local mobile = test.peer { name = "example-mobile" } -- ends 2027-03-31 22:00
local island = test.peer { name = "island-telecom" } -- has no end

test.case("nothing is said long before", function()
  local answer = policy:select_capability(test.request { time = "2026-06-01" }, mobile)
  test.selected(answer, sepp.PRINS)
  test.equal(#answer.notes, 0)
end)

test.case("the last month is noted", function()
  test.noted(policy:select_capability(test.request { time = "2027-03-21 22:00" }, mobile), "ends in 10 days")
end)

test.case("nothing is negotiated after the end", function()
  test.selected(policy:select_capability(test.request { time = "2027-03-31 21:59" }, mobile), sepp.PRINS)
  test.rejected(policy:select_capability(test.request { time = "2027-03-31 22:00" }, mobile), "has ended")
end)

test.case("a connection does not outlive the agreement", function()
  local event = test.event { kind = sepp.event.NEGOTIATED }
  test.retained(policy:retain_connection(event { time = "2027-03-31 21:00" }, mobile), { max_age_s = 3600 })
  test.retained(policy:retain_connection(event { time = "2026-03-31 21:00" }, mobile), { max_age_s = 86400 })
  test.released(policy:retain_connection(event { time = "2027-04-01 00:00" }, mobile), "has ended")
end)

test.case("a partner without an end has none", function()
  test.selected(policy:select_capability(test.request { time = "2040-01-01" }, island), sepp.PRINS)
  test.retained(policy:retain_connection(test.event { time = "2040-01-01" }, island), { idle_s = 600 })
end)
