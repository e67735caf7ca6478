-- a reason is a format without values
-- SPDX-License-Identifier: MIT
return sepp.reject("%s%s%s%n")
