-- integer modulo by zero
-- SPDX-License-Identifier: MIT
return 1 % 0
