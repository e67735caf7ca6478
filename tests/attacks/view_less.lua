-- what is not there for it: return request < peer
-- SPDX-License-Identifier: MIT
return request < peer
