-- format: zeros
-- SPDX-License-Identifier: MIT
return ("%5s"):format("a\0b")
