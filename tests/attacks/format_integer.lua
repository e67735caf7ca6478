-- format: integer
-- SPDX-License-Identifier: MIT
return ("%d"):format(1.5)
