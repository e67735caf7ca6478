-- what is not there for it: return next(request)
-- SPDX-License-Identifier: MIT
return next(request)
