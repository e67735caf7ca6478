-- SPDX-License-Identifier: MIT
local policy = test.policy "launched-plmns"
local mobile = test.peer { name = "example-mobile" }

test.case("a launched network is let in", function()
  test.selected(policy:select_capability(test.request { plmns = { "262-01" } }, mobile), sepp.PRINS)
end)

test.case("one that is not, alone or among others, is refused by its number", function()
  local alone, among = test.request { plmns = { "262-06" } }, test.request { plmns = { "262-01", "262-06" } }
  test.rejected(policy:select_capability(alone, mobile), "262-06 is not launched")
  test.rejected(policy:select_capability(among, mobile), "262-06 is not launched")
end)

test.case("which of our networks is meant is noted", function()
  local request = test.request { plmns = { "262-01" }, target_plmn = "001-01" }
  test.noted(policy:select_capability(request, mobile), "001-01")
end)
