-- answers are made until memory ends, in pcall
-- SPDX-License-Identifier: MIT
while true do pcall(sepp.reject, "x") end
