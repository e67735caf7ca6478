-- a long text is made and forgotten
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do local x = ("x"):rep(65536) end
