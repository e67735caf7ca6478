-- uses collectgarbage
-- SPDX-License-Identifier: MIT
-- expect: undefined name
return collectgarbage("stop")
