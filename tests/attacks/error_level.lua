-- error with an enormous level
-- SPDX-License-Identifier: MIT
error("x", math.maxinteger)
