-- uses string_dump
-- SPDX-License-Identifier: MIT
-- expect: has no field
return string.dump(function() end)
