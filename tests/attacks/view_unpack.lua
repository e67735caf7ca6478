-- what is not there for it: return table.unpack(request.capabilities)
-- SPDX-License-Identifier: MIT
return table.unpack(request.capabilities)
