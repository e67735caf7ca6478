-- a reason is longer than a text may be
-- SPDX-License-Identifier: MIT
return sepp.reject(("x"):rep(65536) .. ("y"):rep(65536))
