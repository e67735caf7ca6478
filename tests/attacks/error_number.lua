-- error with a number
-- SPDX-License-Identifier: MIT
error(12)
