-- wording errors about fields that do not exist
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
while true do pcall(function() return peer.sorce_address end) end
