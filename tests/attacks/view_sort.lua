-- what is not there for it: table.sort(request.capabilities)
-- SPDX-License-Identifier: MIT
table.sort(request.capabilities)
