-- SPDX-License-Identifier: MIT
-- Holds every #include under src/ against src/LAYERS: lua5.4 layers.lua FILE...

local place, only, bad = {}, {}, 0

local function complain(fmt, ...)
  io.stderr:write(fmt:format(...), "\n")
  bad = bad + 1
end

-- "src/net/tls_int.h" -> "net", "tls_int"
local function split(path)
  local folder, name = path:match("([%w_]+)/([%w_]+)%.[ch]$")
  return folder, name
end

local function read_layers(path)
  local n, current = 0, nil
  for line in io.lines(path) do
    local layer, names = line:match("^(%w+):%s*(.*)$")
    local header, users = line:match("^only%s+(%S+)%s+(.+)$")
    if not layer and current and line:match("^%s+%S") then layer, names = current, line end
    if layer then
      current = layer
      for name in names:gmatch("%S+") do
        n = n + 1
        place[layer .. "/" .. name] = n
      end
    elseif header then
      only[#only + 1] = { prefix = header, users = users }
      current = nil
    end
  end
end

-- foo_int belongs to foo and to whatever starts with foo_
local function rank_of(folder, name)
  return place[folder .. "/" .. name] or place[folder .. "/" .. (name:gsub("_int$", ""))]
end

local function is_user(users, folder, name)
  for user in users:gmatch("%S+") do
    local whole = folder .. "/" .. name
    if user == folder or user == whole or whole:sub(1, #user + 1) == user .. "_" then return true end
  end
  return false
end

local function check_own(path, folder, name, target)
  local f, n = split(target)
  if not f then
    complain("%s: write \"folder/name.h\", not '%s'", path, target)
  elseif not rank_of(f, n) then
    complain("%s: '%s' is not in src/LAYERS", path, target)
  elseif rank_of(f, n) > rank_of(folder, name) then
    complain("%s: may not include '%s', which is above it in src/LAYERS", path, target)
  elseif n:find("_int$") then
    local owner = n:gsub("_int$", "")
    if f ~= folder or name:sub(1, #owner) ~= owner and f .. "/" .. owner ~= "script/script" then
      complain("%s: '%s' is private to %s/%s*", path, target, f, owner)
    end
  end
end

local function check_foreign(path, folder, name, target)
  for _, rule in ipairs(only) do
    if ("<" .. target .. ">"):sub(1, #rule.prefix) == rule.prefix and
        not is_user(rule.users, folder, name) then
      complain("%s: <%s> is reserved for %s", path, target, rule.users)
    end
  end
end

read_layers("src/LAYERS")
for _, path in ipairs(arg) do
  local folder, name = split(path)
  if not rank_of(folder, name) then
    complain("%s: '%s/%s' is not in src/LAYERS", path, folder, name)
  else
    for line in io.lines(path) do
      local style, target = line:match('^#%s*include%s+(["<])([^">]+)')
      if style == '"' then check_own(path, folder, name, target) end
      if style == "<" then check_foreign(path, folder, name, target) end
    end
  end
end
os.exit(bad == 0)
