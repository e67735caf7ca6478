-- a policy may have its own _ENV, with nothing in it
-- SPDX-License-Identifier: MIT
-- expect: answer
local f, TLS = sepp.select, sepp.TLS
local _ENV = {}
x = 1
return f(TLS)
