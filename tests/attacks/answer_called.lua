-- an answer is called
-- SPDX-License-Identifier: MIT
return sepp.reject("x")()
