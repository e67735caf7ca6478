-- SPDX-License-Identifier: MIT
-- What partners behind the hub are answered.
local hub = test.policy "hub"
local partner = test.peer { name = "island-telecom" }
local request = test.request {}

test.case("PRINS first", function()
  test.selected(hub:select_capability(request, test.peer {}), sepp.PRINS)
  test.selected(hub:select_capability(request, partner), sepp.PRINS)
end)
test.each("row", { { days = 7 }, { days = 6 } }, function(row)
  test.equal(#hub:select_capability(request, partner { cert_days_left = row.days }).notes, 0)
end)
