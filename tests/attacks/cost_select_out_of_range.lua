-- select before the beginning
-- SPDX-License-Identifier: MIT
return select(math.mininteger, 1)
