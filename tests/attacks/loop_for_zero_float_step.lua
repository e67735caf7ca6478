-- a numeric for with step 0.0
-- SPDX-License-Identifier: MIT
for i = 1, 2, 0.0 do end
