-- uses math_randomseed
-- SPDX-License-Identifier: MIT
-- expect: has no field
return math.randomseed(1)
