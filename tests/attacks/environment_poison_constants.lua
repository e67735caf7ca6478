-- replaces a constant
-- SPDX-License-Identifier: MIT
-- expect: read-only
sepp.purpose.ROAMING = sepp.TLS
