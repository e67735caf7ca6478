-- a long text is made and forgotten, in pcall
-- SPDX-License-Identifier: MIT
-- expect: units of fuel
while true do pcall(string.rep, "x", 65536) end
