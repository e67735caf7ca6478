-- goto
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
::a:: goto a
