-- uses io
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return io.open("/etc/passwd")
