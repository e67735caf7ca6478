-- replaces a constructor
-- SPDX-License-Identifier: MIT
-- expect: read-only
sepp.reject = sepp.select
