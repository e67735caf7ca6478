-- what is not there for it: return table.concat(request.plmns)
-- SPDX-License-Identifier: MIT
return table.concat(request.plmns)
