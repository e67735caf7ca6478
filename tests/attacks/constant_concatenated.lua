-- what is not there for it: return "x" .. sepp.TLS
-- SPDX-License-Identifier: MIT
return "x" .. sepp.TLS
