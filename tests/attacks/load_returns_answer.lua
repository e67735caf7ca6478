-- the file returns an answer
-- SPDX-License-Identifier: MIT
return sepp.reject("x")
