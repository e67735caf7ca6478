-- what is not there for it: return sepp.TLS()
-- SPDX-License-Identifier: MIT
return sepp.TLS()
