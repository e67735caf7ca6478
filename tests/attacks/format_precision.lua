-- format: precision
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%.999f"):format(1)
