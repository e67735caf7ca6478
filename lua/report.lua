-- SPDX-License-Identifier: MIT
-- What `parleyctl test` prints.
local report = {}

return report
