-- what is not there for it: return request.capabilities[0 / 0]
-- SPDX-License-Identifier: MIT
return request.capabilities[0 / 0]
