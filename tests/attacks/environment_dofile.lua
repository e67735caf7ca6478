-- uses dofile
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return dofile("/etc/passwd")
