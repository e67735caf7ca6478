-- SPDX-License-Identifier: MIT
-- Decides for every partner whose own file leaves a question open: it refuses, and tells the
-- operator which file to complete.
local policy = sepp.policy { api = 1, name = "default" }

-- The partner only sees a 403.  The reason is for us: in the log and in `parleyctl partners`.
function policy.select_capability(_, peer)
  return sepp.reject("nobody decides about %s: write select_capability in its file", peer.name)
end

-- Asked only after PRINS was selected.  Nobody said that the connection is worth keeping.
function policy.retain_connection(_, peer)
  return sepp.release("nobody asked to keep connections of %s", peer.name)
end

return policy
