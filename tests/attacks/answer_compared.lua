-- answers are compared
-- SPDX-License-Identifier: MIT
return sepp.reject("x") < sepp.reject("y")
