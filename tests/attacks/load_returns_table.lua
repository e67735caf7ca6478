-- the file returns a table
-- SPDX-License-Identifier: MIT
return { name = "x", select_capability = function() end }
