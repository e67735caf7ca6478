-- what is not there for it: return peer[{}]
-- SPDX-License-Identifier: MIT
return peer[{}]
