-- SPDX-License-Identifier: MIT
-- What no file may hold, and what each must: lua5.4 words.lua FILE...

local bad = 0

local function complain(fmt, ...)
  io.stderr:write(fmt:format(...), "\n")
  bad = bad + 1
end

-- unbounded, not thread-safe, or bypassing base/mem
local BANNED = {
  "sprintf", "strcpy", "strcat", "strtok", "atoi", "gets", "sscanf", "alloca", "localtime", "gmtime",
  "system", "malloc", "calloc", "realloc", "strdup",
}

-- who may, and why
local ALLOWED = {
  ["src/base/mem.c"] = "calloc realloc",
  ["src/net/h2_pool.c"] = "malloc realloc", -- nghttp2 wants to be told when there is no memory
  ["src/admin/report.c"] = "realloc", -- jansson's and open_memstream()'s texts are the heap's
  ["src/admin/admin.c"] = "strdup", -- libmicrohttpd frees it
}

local function is_allowed(path, word)
  return (" " .. (ALLOWED[path] or "") .. " "):find(" " .. word .. " ", 1, true) ~= nil
end

local function strip(line)
  return (line:gsub('"[^"]*"', '""'):gsub("/%*.-%*/", ""):gsub("^%s*/?%*.*$", ""))
end

local function check_c(path, n, line)
  local code = strip(line)
  for _, word in ipairs(BANNED) do
    if code:find("%f[%w_]" .. word .. "%s*%(") and not is_allowed(path, word) then
      complain("%s:%d: %s() is banned here", path, n, word)
    end
  end
end

for _, path in ipairs(arg) do
  local kind = path:match("%.(%w+)$")
  local is_code = kind == "c" or kind == "h" or kind == "lua" or kind == "py" or kind == "sh" or
    path == "Makefile"
  local file = io.open(path)
  if is_code and file then
    local n, spdx = 0, false
    for line in file:lines() do
      n = n + 1
      if n <= 3 and line:find("SPDX-License-Identifier: MIT", 1, true) then spdx = true end
      if path:match("^src/.*%.[ch]$") then check_c(path, n, line) end
      if line:find("%f[%w]" .. "TO" .. "DO" .. "%f[%W]") then complain("%s:%d: unfinished", path, n) end
      if path:match("^tests/.*%.py$") and line:find("time.sleep", 1, true) then
        complain("%s:%d: a test waits for something, it does not sleep", path, n)
      end
    end
    if not spdx then complain("%s: no SPDX line", path) end
  end
  if file then file:close() end
end
os.exit(bad == 0)
