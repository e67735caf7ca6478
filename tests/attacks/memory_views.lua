-- views are made and forgotten
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
while true do local x = request.capabilities end
