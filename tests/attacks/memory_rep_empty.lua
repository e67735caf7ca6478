-- an empty text 2^60 times
-- SPDX-License-Identifier: MIT
-- expect: answer
local s = (""):rep(1 << 60)
return sepp.reject("<%s>", s)
