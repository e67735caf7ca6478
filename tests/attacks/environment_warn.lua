-- uses warn
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return warn("@on")
