-- the answer is one for retain_connection
-- SPDX-License-Identifier: MIT
return sepp.retain { idle_s = 1 }
