-- SPDX-License-Identifier: MIT
-- What is answered where nobody decides.
local default = test.policy "default"

test.case("a partner without a decision of its own is refused, by name", function()
  test.rejected(default:select_capability(test.request {}, test.peer { name = "nordic-tel" }),
    "nordic-tel")
end)

test.case("no connection is kept", function()
  test.released(default:retain_connection(test.event {}), "nobody asked")
end)
