-- SPDX-License-Identifier: MIT
-- What Coast Tel is answered, and what becomes of the connections with it.
local coast = test.partner "coast-tel"

test.each("PRINS is preferred, in both directions", {
  { offer = { sepp.TLS, sepp.PRINS }, want = sepp.PRINS },
  { offer = { sepp.TLS }, want = sepp.TLS },
}, function(row)
  test.selected(coast:select_capability(test.request { capabilities = row.offer }), row.want)
end)

test.each("a connection is kept, quiet, old or lost, and so is one in the other direction", {
  sepp.event.NEGOTIATED, sepp.event.IDLE, sepp.event.MAX_AGE, sepp.event.LOST, sepp.event.POLICY_CHANGED,
  sepp.event.CERTIFICATE_CHANGED,
}, function(kind)
  test.retained(coast:retain_connection(test.event { kind = kind }), { idle_s = 600, open_reverse = true })
end)

test.each("one that is in the way goes", { sepp.event.ERRORS, sepp.event.LIMIT }, function(kind)
  test.released(coast:retain_connection(test.event { kind = kind }), "the next one")
end)

test.each("error reports", {
  { type = sepp.n32f_error.INTEGRITY_CHECK_FAILED, count = 1, want = "continue" },
  { type = sepp.n32f_error.INTEGRITY_CHECK_FAILED, count = 49, want = "continue" },
  { type = sepp.n32f_error.INTEGRITY_CHECK_FAILED, count = 50, want = "terminate" },
  { type = sepp.n32f_error.POLICY_MISMATCH, count = 1, want = "renegotiate" },
}, function(row)
  test.verdict(coast:on_error_report(test.report { type = row.type, count = row.count }), row.want)
end)
