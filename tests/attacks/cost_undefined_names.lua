-- wording errors about names that do not exist
-- SPDX-License-Identifier: MIT
-- expect: asking for too much memory
while true do pcall(function() return nothing_like_it end) end
