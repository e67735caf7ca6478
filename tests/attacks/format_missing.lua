-- format: missing
-- SPDX-License-Identifier: MIT
return ("%s"):rep(1000):format()
