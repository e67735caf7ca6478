-- an answer is made while the file loads and given later
-- SPDX-License-Identifier: MIT
-- expect: cannot be called while
local policy = sepp.policy { api = 1, name = "x" }
local ok, kept = pcall(sepp.select, sepp.TLS)
function policy.select_capability() if not ok then error(kept, 0) end return kept end
return policy
