-- a string comes before the answer
-- SPDX-License-Identifier: MIT
return "x", sepp.select(sepp.TLS)
