-- many escapes, the last one wrong
-- SPDX-License-Identifier: MIT
local x = "\
--* 2000 \u{7FFFFFFF}
\q"
