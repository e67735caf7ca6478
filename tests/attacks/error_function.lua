-- error with a function
-- SPDX-License-Identifier: MIT
error(function() end)
