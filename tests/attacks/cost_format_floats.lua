-- as many of them as fit a text
-- SPDX-License-Identifier: MIT
while true do local s = ("%99.99f"):rep(50):format(table.unpack({}, 1, 0)) end
