-- a generic for that never ends
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
for a in function() return 1 end do end
