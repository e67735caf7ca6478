-- what is not there for it: for k in pairs(request) do end
-- SPDX-License-Identifier: MIT
for k in pairs(request) do end
