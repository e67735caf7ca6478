-- what is not there for it: sepp.TLS.name = 1
-- SPDX-License-Identifier: MIT
sepp.TLS.name = 1
