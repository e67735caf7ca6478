-- the length of an answer is taken
-- SPDX-License-Identifier: MIT
return #sepp.reject("x")
