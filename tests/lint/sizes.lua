-- SPDX-License-Identifier: MIT
-- Holds files, functions and lines to their budget: lua5.4 sizes.lua FILE...
-- A brace alone in column 0 opens or closes a function; clang-format sees to that.

local FILE = { c = 600, h = 200 }
local FUNCTION, WIDTH = 60, 110
local bad = 0

local function complain(fmt, ...)
  io.stderr:write(fmt:format(...), "\n")
  bad = bad + 1
end

local function width(line)
  local n = 0
  for c in line:gmatch(utf8.charpattern) do n = c == "\t" and n + 8 - n % 8 or n + 1 end
  return n
end

for _, path in ipairs(arg) do
  local n, start = 0, nil
  for line in io.lines(path) do
    n = n + 1
    -- a long string cannot be broken and still be searched for
    if width(line) > WIDTH and not line:find('"') then
      complain("%s:%d: wider than %d", path, n, WIDTH)
    end
    if line == "{" then
      start = n
    elseif line == "}" and start then
      if n - start - 1 > FUNCTION then
        complain("%s:%d: function of %d lines, budget %d", path, start, n - start - 1, FUNCTION)
      end
      start = nil
    end
  end
  local max = FILE[path:match("%.(%a+)$")]
  if max and n > max then complain("%s: %d lines, budget %d", path, n, max) end
end
os.exit(bad == 0)
