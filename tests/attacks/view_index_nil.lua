-- what is not there for it: return request[nil]
-- SPDX-License-Identifier: MIT
return request[nil]
