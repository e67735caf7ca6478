-- SPDX-License-Identifier: MIT
-- Which lines of a Lua text can run, read from its compiled form without running it, and how many
-- of them did.
local coverage = {}

-- What string.dump writes, Lua 5.4, format 0 (lundump.c).  A reader keeps its place in the bytes.
local Reader = {}
Reader.__index = Reader

function Reader:unpack(format)
  local value
  value, self.at = string.unpack(format, self.bytes, self.at)
  return value
end

-- An unsigned number in groups of seven bits, the last one marked.
function Reader:size()
  local n = 0
  while true do
    local byte = self:unpack("B")
    n = (n << 7) | (byte & 0x7f)
    if byte & 0x80 ~= 0 then return n end
  end
end

function Reader:skip(n)
  self.at = self.at + n
end

function Reader:string()
  local n = self:size()
  if n > 0 then self:skip(n - 1) end
end

local HEADER = "\27Lua\x54\0\x19\x93\r\n\x1a\n"
local INSTRUCTION = 4

function Reader:header()
  assert(self.bytes:sub(1, #HEADER) == HEADER, "this is not compiled by Lua 5.4, format 0")
  self.at = #HEADER + 1
  assert(self:unpack("B") == INSTRUCTION, "instructions of another size")
  local integer, number = self:unpack("B"), self:unpack("B")
  assert(integer == 8 and number == 8, "numbers of another size")
  self:skip(integer + number + 1) -- samples of both, upvalues of the main chunk
end

local CONSTANT_BYTES = { [0x00] = 0, [0x01] = 0, [0x11] = 0, [0x03] = 8, [0x13] = 8 }

function Reader:constants()
  for _ = 1, self:size() do
    local kind = self:unpack("B")
    if CONSTANT_BYTES[kind] then
      self:skip(CONSTANT_BYTES[kind])
    else
      assert(kind == 0x04 or kind == 0x14, "a constant of unknown kind")
      self:string()
    end
  end
end

-- lopcodes.h
local TAILCALL, VARARGPREP, EXTRAARG = 69, 81, 82

-- For each instruction whether it is one that a line of the text asks for: not what begins a
-- function with `...`, stands behind a tail call, or is a part of another.
function Reader:code()
  local asked, last = {}, nil
  for i = 1, self:size() do
    local op = self:unpack("<I4") & 0x7f
    asked[i] = op ~= VARARGPREP and op ~= EXTRAARG and last ~= TAILCALL
    last = op
  end
  asked[#asked] = false -- the return behind the end
  return asked
end

-- Adds the lines of a function and of those in it to `lines`: line -> true, or "body" when only
-- the main chunk has it.
function Reader:func(lines, is_main)
  self:string()
  local line = self:size()
  self:size()
  self:skip(3) -- parameters, is it vararg, stack
  local code = self:code()
  self:constants()
  self:skip(self:size() * 3) -- upvalues
  for _ = 1, self:size() do self:func(lines, false) end
  self:lines(lines, line, is_main, code)
  for _ = 1, self:size() do -- local variables
    self:string()
    self:size()
    self:size()
  end
  for _ = 1, self:size() do self:string() end -- names of upvalues
end

-- Differences to the line before, one for each instruction; -128 says that the line is in the list
-- of absolute ones.
function Reader:lines(lines, line, is_main, code)
  local steps, absolute, list = {}, {}, {}
  for i = 1, self:size() do steps[i] = self:unpack("b") end
  for _ = 1, self:size() do
    local at = self:size()
    absolute[at + 1] = self:size()
  end
  for i, step in ipairs(steps) do
    line = step == -128 and absolute[i] or line + step
    list[i] = line
  end
  for i, asked in ipairs(code) do
    if asked then lines[list[i]] = not is_main or lines[list[i]] or "body" end
  end
end

-- line -> true for lines of functions, "body" for those of the main chunk alone
function coverage.lines(text, path)
  local reader = setmetatable({ at = 1 }, Reader)
  reader.bytes = string.dump(assert(load(text, "@" .. path, "t", {})))
  reader:header()
  local lines = {}
  reader:func(lines, true)
  return lines
end

-- "34-35,37"
local function ranges(list)
  local out, i = {}, 1
  while i <= #list do
    local last = i
    while list[last + 1] == list[last] + 1 do last = last + 1 end
    out[#out + 1] = last > i and ("%d-%d"):format(list[i], list[last]) or ("%d"):format(list[i])
    i = last + 1
  end
  return table.concat(out, ",")
end

local function percent(hit, lines)
  return lines == 0 and 100 or 100 * hit / lines
end

-- What `file` says of itself: path, text, and ran, a set of lines.  A file no function of which was
-- ever asked counts without its body, which runs when it is loaded.
function coverage.of(file)
  local compiles, can = pcall(coverage.lines, file.text, file.path)
  if not compiles then -- a library that nobody asks for need not
    return { path = file.path, lines = 0, hit = 0, percent = 0, missed = "it does not compile",
      missed_lines = {} }
  end
  local asked, functions = false, false
  for line, where in pairs(can) do
    functions = functions or where == true
    asked = asked or (where == true and file.ran[line])
  end
  local lines, hit, missed = 0, 0, {}
  for line, where in pairs(can) do
    if asked or not functions or where == true then
      lines = lines + 1
      if file.ran[line] then hit = hit + 1 else missed[#missed + 1] = line end
    end
  end
  table.sort(missed)
  return {
    path = file.path, lines = lines, hit = hit, percent = percent(hit, lines),
    missed = ranges(missed), missed_lines = missed,
  }
end

-- All files and their sum.
function coverage.all(files)
  local all = { files = {}, lines = 0, hit = 0 }
  for i, file in ipairs(files) do
    local one = coverage.of(file)
    all.files[i] = one
    all.lines, all.hit = all.lines + one.lines, all.hit + one.hit
  end
  all.percent = percent(all.hit, all.lines)
  return all
end

return coverage
