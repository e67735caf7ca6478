-- the longest float that format makes
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do local s = ("%99.99f"):format(1e308) end
