-- a long reason is cut
-- SPDX-License-Identifier: MIT
-- expect: answer
return sepp.reject(("x"):rep(65536))
