-- the separators make it too long
-- SPDX-License-Identifier: MIT
-- expect: resulting string longer
return (""):rep(65536, "xx")
