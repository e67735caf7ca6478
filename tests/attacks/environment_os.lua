-- uses os
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return os.exit(0)
