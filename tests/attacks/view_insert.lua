-- what is not there for it: table.insert(request.capabilities, sepp.PRINS)
-- SPDX-License-Identifier: MIT
table.insert(request.capabilities, sepp.PRINS)
