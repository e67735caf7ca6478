-- answers are made until memory ends
-- SPDX-License-Identifier: MIT
while true do sepp.reject("x") end
