-- bitwise on a float
-- SPDX-License-Identifier: MIT
return 1.5 | 1
