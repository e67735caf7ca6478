-- SPDX-License-Identifier: MIT
-- `parleyctl editor`: files that teach an editor the policy API, made of what the program says about
-- itself (src/script/describe.h) and of nothing else.
local cjson = require "cjson"

local editor = {}

local MARK = "written by parleyctl editor"

-- The parts of Lua 5.4 that LuaLS can switch off.
local LUA_LIBRARIES = { "coroutine", "debug", "io", "math", "os", "package", "string", "table", "utf8" }

local function say(...)
  io.stderr:write("parleyctl: ", ...)
  io.stderr:write("\n")
end

local function list_of(set)
  local list = {}
  for key in pairs(set) do list[#list + 1] = key end
  table.sort(list)
  return list
end

-- --- types

-- Words of describe.h -> classes of ours.  Where a view and a constant have one name, the constant is
-- meant inside of types.
local function class_names(api)
  local views, constants = {}, {}
  for _, view in ipairs(api.views) do views[view.type] = "parley." .. view.type end
  for _, constant in ipairs(api.constants) do
    local name = constant.type
    constants[name] = "parley." .. name .. (views[name] and "_constant" or "")
  end
  local words = { answer = "parley.answer", gateway = "parley.gateway", partner = "parley.partner",
    policy = "parley.policy" }
  for word, class in pairs(views) do words[word] = class end
  for word, class in pairs(constants) do words[word] = class end
  return { views = views, constants = constants, words = words }
end

-- The type with our names of classes; names of parameters and fields stay.
local function class_type(names, type_text, self_class)
  local text = type_text:gsub("()([%a_][%w_.]*)()", function(_, word, after)
    if type_text:match("^%??:", after) then return word end
    if word == "self" and self_class then return "self: " .. self_class end
    return names.words[word]
  end)
  return text
end

-- "a: T, b?: U" as { { name, type } }; commas inside of brackets do not separate.
local function parameters_of(text)
  local list, depth, from = {}, 0, 1
  for at = 1, #text + 1 do
    local c = text:sub(at, at)
    if c:find("[%(%[{<]") then depth = depth + 1 end
    if c:find("[%)%]}>]") then depth = depth - 1 end
    if (c == "," and depth == 0) or c == "" then
      local name, type_text = text:sub(from, at - 1):match("^%s*([%w_.]+%??)%s*:%s*(.-)%s*$")
      if name then list[#list + 1] = { name = name, type = type_text } end
      from = at + 1
    end
  end
  return list
end

-- --- sepp.d.lua

local function put_views(out, api, names)
  for _, view in ipairs(api.views) do
    local class = names.views[view.type]
    out("---What a hook can see: ", view.name, ".  Read-only.")
    out("---@class ", class)
    for _, f in ipairs(view.fields) do
      out("---@field ", f.name, f.optional and "? " or " ", class_type(names, f.type, class), " ", f.doc)
    end
    out("")
  end
end

local function put_objects(out, api, names)
  out("---What a hook returns; made by functions of sepp only.\n---@class parley.answer\n")
  out("---What gateway.lua returns.\n---@class parley.gateway\n")
  for _, object in ipairs { "partner", "policy" } do
    out("---Hooks are put on it, and its file returns it.\n---@class parley.", object)
    for _, hook in ipairs(api.hooks) do
      local first = hook.argument and hook.argument .. ": " .. names.views[hook.type] .. ", " or ""
      out("---@field ", hook.name, "? fun(", first, "peer: ", names.views.peer, "): ",
        class_type(names, hook.returns), " ", hook.doc)
    end
    out("")
  end
end

local function put_shape(out, names, name, fields)
  for _, f in ipairs(fields) do
    if f.fields then put_shape(out, names, name .. "." .. f.name, f.fields) end
  end
  out("---@class ", name)
  for _, f in ipairs(fields) do
    local type_text = f.fields and name .. "." .. f.name or class_type(names, f.type)
    out("---@field ", f.name, f.needed and " " or "? ", type_text, f.example and " " .. f.example or "")
  end
  out("")
end

-- Tables of constants, by name: { { name, type } }.
local function constants_by_table(api)
  local tables = {}
  for _, c in ipairs(api.constants) do
    tables[c.table] = tables[c.table] or {}
    table.insert(tables[c.table], c)
  end
  return tables
end

local function put_constants(out, api, names)
  local kinds, tables = {}, constants_by_table(api)
  for _, class in pairs(names.constants) do kinds[class] = true end
  for _, class in ipairs(list_of(kinds)) do out("---A constant.\n---@class ", class, "\n") end
  for _, name in ipairs(list_of(tables)) do
    if name ~= "sepp" then
      out("---@class ", name, "_constants")
      for _, c in ipairs(tables[name]) do out("---@field ", c.name, " ", names.constants[c.type]) end
      out("")
    end
  end
  out("---@class seppLibrary")
  for _, c in ipairs(tables.sepp or {}) do out("---@field ", c.name, " ", names.constants[c.type]) end
  for _, name in ipairs(list_of(tables)) do
    if name ~= "sepp" then out("---@field ", name:match("[^.]+$"), " ", name, "_constants") end
  end
  out("sepp = {}\n")
end

local function put_functions(out, api, names)
  for _, f in ipairs(api.functions) do
    local list = {}
    if f.doc ~= "" then out("---", f.doc) end
    for i, p in ipairs(parameters_of(f.parameters)) do
      out("---@param ", p.name, " ", class_type(names, p.type))
      list[i] = p.name:gsub("%?$", "")
    end
    if f.returns ~= "" then out("---@return ", class_type(names, f.returns)) end
    out("function ", f.table, ".", f.name, "(", table.concat(list, ", "), ") end\n")
  end
end

local function definitions(api)
  local lines, names = {}, class_names(api)
  local function out(...) lines[#lines + 1] = table.concat { ... } end
  out("-- The policy API for LuaLS, ", MARK, ": changes are lost.\n---@meta sepp\n")
  put_views(out, api, names)
  put_objects(out, api, names)
  for _, shape in ipairs(api.shapes) do put_shape(out, names, shape.name, shape.fields) end
  put_constants(out, api, names)
  out("---What tests of policies are written with; there in tests/ only.")
  out("---@class testLibrary")
  out("test = {}\n")
  put_functions(out, api, names)
  return table.concat(lines, "\n")
end

-- --- .luarc.json

local function language_server(api)
  local tables, lines = {}, {}
  for _, name in ipairs(api.names) do tables[name.table] = true end
  for _, library in ipairs(LUA_LIBRARIES) do
    if not tables[library] then lines[#lines + 1] = ('    "%s": "disable"'):format(library) end
  end
  return ([[
{ "$comment": "%s: changes are lost",
  "runtime.version": "Lua 5.4",
  "runtime.builtin": {
%s
  },
  "workspace.library": ["sepp.d.lua"],
  "workspace.checkThirdParty": false,
  "diagnostics.globals": ["sepp", "test"]
}
]]):format(MARK, table.concat(lines, ",\n"))
end

-- --- .luacheckrc

local function put_fields(out, pad, set)
  for _, name in ipairs(list_of(set)) do
    if type(set[name]) == "table" then
      out(pad, "[\"", name, "\"] = { fields = {")
      put_fields(out, pad .. "  ", set[name])
      out(pad, "} },")
    else
      out(pad, "[\"", name, "\"] = {},")
    end
  end
end

local function at(set, path)
  for part in path:gmatch("[^.]+") do
    set[part] = set[part] or {}
    set = set[part]
  end
  return set
end

local function checker(api)
  local globals, test, lines = {}, {}, {}
  local function out(...) lines[#lines + 1] = table.concat { ... } end
  for _, name in ipairs(api.names) do at(globals, name.table)[name.name] = true end
  for _, c in ipairs(api.constants) do at(globals, c.table)[c.name] = true end
  for _, f in ipairs(api.functions) do
    if f.table == "test" then test[f.name] = true else at(globals, f.table)[f.name] = true end
  end
  out("-- What a policy can name, for luacheck, ", MARK, ": changes are lost.")
  out("stds.parley = { read_globals = {")
  put_fields(out, "  ", globals)
  out("} }")
  out("std = \"parley\"")
  out("max_line_length = false")
  out("exclude_files = { \"**/*.d.lua\", \"*.d.lua\" }")
  out("files[\"tests\"] = { read_globals = { test = { fields = {")
  put_fields(out, "  ", test)
  out("} } } }\n")
  return table.concat(lines, "\n")
end

-- --- files

-- Whether `path` may be written: it is not there, or it is ours.
local function is_ours(path)
  local file = io.open(path, "rb")
  if not file then return true end
  local first = file:read("l") or ""
  file:close()
  return first:find(MARK, 1, true) ~= nil
end

-- The file is the old one or the new one, whatever happens meanwhile.
local function write(path, text)
  local fresh = path .. ".new"
  os.remove(fresh)
  local file, why = io.open(fresh, "wb")
  if not file then return say(why) end
  local ok = file:write(text)
  ok = file:close() and ok
  if ok then ok, why = os.rename(fresh, path) end
  if ok then return true end
  os.remove(fresh)
  return say(why or path .. ": cannot be written")
end

-- What the program says of itself, the directory, and anything third if files of others are to be
-- overwritten.  Returns an exit status.
function editor.main(json, directory, force)
  local api = cjson.decode(json)
  local gateway = io.open(directory .. "/gateway.lua")
  if not gateway then
    say(directory, " holds no gateway.lua; name the directory of the policies")
    return 1
  end
  gateway:close()
  local files = { { "sepp.d.lua", definitions(api) }, { ".luarc.json", language_server(api) },
    { ".luacheckrc", checker(api) } }
  for _, f in ipairs(files) do
    f.path = directory:gsub("/+$", "") .. "/" .. f[1]
    if not force and not is_ours(f.path) then
      say(f.path, " was written by somebody else; move it away, or say --force")
      return 1
    end
  end
  for _, f in ipairs(files) do
    if not write(f.path, f[2]) then return 1 end
    print("wrote " .. f.path)
  end
  return 0
end

return editor
