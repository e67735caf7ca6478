-- views are made until memory ends, in pcall
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
while true do pcall(function() local t = {} while true do t[#t + 1] = peer.certificate end end) end
