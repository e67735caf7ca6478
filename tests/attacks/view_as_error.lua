-- what is not there for it: error(request)
-- SPDX-License-Identifier: MIT
error(request)
