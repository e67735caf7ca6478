-- bitwise on a float that is no integer
-- SPDX-License-Identifier: MIT
return 1e308 << 1
