-- concat at the end of the integers
-- SPDX-License-Identifier: MIT
return table.concat({ [math.maxinteger] = "x" }, "", math.maxinteger - 1, math.maxinteger)
