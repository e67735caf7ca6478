-- what is not there for it: return request + 1
-- SPDX-License-Identifier: MIT
return request + 1
