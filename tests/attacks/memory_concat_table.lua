-- concat with a long separator
-- SPDX-License-Identifier: MIT
-- expect: not enough memory
while true do table.concat({ "x", "y" }, ("z"):rep(60000)) end
