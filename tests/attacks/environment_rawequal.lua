-- uses rawequal
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return rawequal(1, 1)
