-- SPDX-License-Identifier: MIT
local policy = test.policy "roaming-only"
local purpose = sepp.purpose

test.case("roaming is agreed to", function()
  local answer = policy:select_capability(test.request { purposes = { purpose.ROAMING } }, test.peer {})
  test.selected(answer, sepp.PRINS)
  test.equal(answer.purposes, { purpose.ROAMING })
  test.equal(#answer.notes, 0)
end)

test.case("other purposes are left out and noted", function()
  local request = test.request { purposes = { purpose.ROAMING, purpose.SMS_INTERCONNECT } }
  local answer = policy:select_capability(request, test.peer { name = "example-mobile" })
  test.equal(answer.purposes, { purpose.ROAMING })
  test.noted(answer, "SMS_INTERCONNECT")
end)
