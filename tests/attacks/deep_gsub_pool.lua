-- gsub in gsub, each with a long text under construction
-- SPDX-License-Identifier: MIT
-- expect: too many strings under construction
local long = ("x"):rep(30000)
local function f(c)
  if c == "a" then return long end
  return (("ab"):gsub(".", f))
end
return f("b")
