-- uses math_random
-- SPDX-License-Identifier: MIT
-- expect: has no field
return math.random()
