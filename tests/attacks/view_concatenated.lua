-- what is not there for it: return request .. ""
-- SPDX-License-Identifier: MIT
return request .. ""
