-- %a
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do local s = ("%99.99a"):format(5e-324) end
