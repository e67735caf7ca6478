-- what is not there for it: return request[request]
-- SPDX-License-Identifier: MIT
return request[request]
