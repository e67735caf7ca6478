-- where a pattern is stopped
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do ("aaaaaaaaab"):find("a-a-a-c") end
