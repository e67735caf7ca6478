-- an answer is kept and read as a table
-- SPDX-License-Identifier: MIT
local a = sepp.select(sepp.TLS)
return a.verdict
