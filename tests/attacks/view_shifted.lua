-- what is not there for it: return peer << 1
-- SPDX-License-Identifier: MIT
return peer << 1
