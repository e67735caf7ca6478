-- what is not there for it: return ("%s"):format(request):upper() .. request
-- SPDX-License-Identifier: MIT
return ("%s"):format(request):upper() .. request
