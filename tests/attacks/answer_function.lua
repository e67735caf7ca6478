-- the answer is a function that would make one
-- SPDX-License-Identifier: MIT
return function() return sepp.select(sepp.TLS) end
