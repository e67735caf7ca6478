-- uses load
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return load("return 1")
