-- uses print
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return print("x")
