-- adds a function to the library
-- SPDX-License-Identifier: MIT
-- expect: read-only
string.boom = function() end
