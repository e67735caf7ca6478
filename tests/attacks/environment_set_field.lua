-- assigns through _ENV
-- SPDX-License-Identifier: MIT
-- expect: assignment to the global
_ENV.x = 1
