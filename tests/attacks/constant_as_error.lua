-- what is not there for it: error(sepp.TLS)
-- SPDX-License-Identifier: MIT
error(sepp.TLS)
