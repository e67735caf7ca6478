-- format: flags
-- SPDX-License-Identifier: MIT
-- expect: invalid conversion
return ("%-+ #0-+ #0d"):format(1)
