-- what is not there for it: for x in request do end
-- SPDX-License-Identifier: MIT
for x in request do end
