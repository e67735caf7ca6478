-- what is not there for it: return sepp.TLS < sepp.PRINS
-- SPDX-License-Identifier: MIT
return sepp.TLS < sepp.PRINS
