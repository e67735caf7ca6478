-- many results
-- SPDX-License-Identifier: MIT
return
--* 300 1,
1
