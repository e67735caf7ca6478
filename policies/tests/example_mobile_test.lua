-- SPDX-License-Identifier: MIT
-- What Example Mobile is answered.
local partner = test.partner "example-mobile"

test.each("the best that is offered", {
  { offer = { sepp.PRINS, sepp.TLS }, want = sepp.TLS },
  { offer = { sepp.TLS }, want = sepp.TLS },
  { offer = { sepp.PRINS }, want = sepp.PRINS },
  { offer = { "QUANTUM", sepp.PRINS }, want = sepp.PRINS },
}, function(row)
  local request = test.request { capabilities = row.offer }
  test.selected(partner:select_capability(request), row.want)
end)

test.case("nothing in common is a refusal", function()
  test.rejected(partner:select_capability(test.request { capabilities = { "QUANTUM" } }))
end)

test.case("the body that their gateway sent on the first day is accepted", function()
  test.selected(partner:select_capability(test.fixture "example_mobile.json"), sepp.TLS)
end)

test.case("nobody keeps its connections", function()
  local answer = partner:retain_connection(test.event {})
  test.released(answer, "example-mobile")
  test.equal(answer.file, "default.lua")
end)
