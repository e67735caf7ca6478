-- byte of a long text
-- SPDX-License-Identifier: MIT
-- expect: string slice too long (at
return ("x"):rep(60000):byte(1, -1)
