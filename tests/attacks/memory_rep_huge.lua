-- rep by 2^33
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
return ("x"):rep(1 << 33)
