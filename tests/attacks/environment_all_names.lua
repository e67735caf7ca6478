-- looks for everything that policies must not have
-- SPDX-License-Identifier: MIT
-- expect: answer
local found = {}
for _, name in ipairs({ "load", "loadfile", "dofile", "require", "os", "io", "debug", "coroutine", "setmetatable",
  "getmetatable", "rawget", "rawset", "rawlen", "rawequal", "collectgarbage", "xpcall", "print", "package", "_G",
  "utf8", "warn", "loadstring", "module", "unpack", "arg" }) do
  if pcall(function() return _ENV[name] end) then found[#found + 1] = name end
end
if #found > 0 then return table.concat(found, " ") end
return sepp.reject("none")
