-- texts of values have no addresses
-- SPDX-License-Identifier: MIT
-- expect: answer
return sepp.reject("%s %s %s %s %s %s", {}, request, string.rep, sepp.TLS, policy, sepp.reject("x"))
