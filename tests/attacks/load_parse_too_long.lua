-- a file of more than 32 KB
-- SPDX-License-Identifier: MIT
-- expect: longer than
--* 40000 x
return 1
