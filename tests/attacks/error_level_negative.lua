-- error with a negative level
-- SPDX-License-Identifier: MIT
error("x", math.mininteger)
