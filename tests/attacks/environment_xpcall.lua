-- uses xpcall
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return xpcall(error, error)
