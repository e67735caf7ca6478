-- uses loadstring
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return loadstring("return 1")
