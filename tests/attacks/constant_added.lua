-- what is not there for it: return sepp.TLS + 1
-- SPDX-License-Identifier: MIT
return sepp.TLS + 1
