-- assigns to a global
-- SPDX-License-Identifier: MIT
-- expect: assignment to the global
x = 1
