-- an answer is concatenated
-- SPDX-License-Identifier: MIT
return "x" .. sepp.reject("x")
