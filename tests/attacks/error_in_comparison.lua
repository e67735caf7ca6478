-- comparison of unlike things
-- SPDX-License-Identifier: MIT
return 1 < "2"
