-- uses debug
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return debug.getregistry()
