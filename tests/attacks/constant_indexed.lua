-- what is not there for it: return sepp.TLS.name
-- SPDX-License-Identifier: MIT
return sepp.TLS.name
