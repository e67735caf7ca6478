-- SPDX-License-Identifier: MIT
-- `parleyctl journal`: reads journals of decisions, one JSON line each, and tells what they say.
-- Memory does not grow with the files: lines are looked at one by one, and what is counted is bounded.
local cjson = require "cjson"

local journal = {}

local CHUNK = 65536
local LINE_MAX = 65536 -- a longer line is no decision
local LAST_MAX = 100000
local KEYS_MAX = 10000 -- distinct partners or reasons that are counted by themselves
local TOP = 10
local STEPS = 16 -- of the histogram, for each doubling: a step is 4.4 %

-- --- text

-- What a peer or a policy wrote, so that no terminal obeys it.
local function plain(text)
  return (tostring(text):gsub("[^\32-\126]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

local function say(...)
  io.stderr:write("parleyctl: ", ...)
  io.stderr:write("\n")
end

local function verdict_of(record)
  local answer = record.answer
  local capability = answer.capability
  return capability and answer.verdict .. " " .. tostring(capability) or tostring(answer.verdict)
end

local function line_of(record)
  local text = ("%-24s %-20s %-18s %-13s %-32s %-24s fuel %-6d %5d us  %s"):format(
    plain(record.time), plain(record.partner), plain(record.hook), plain(verdict_of(record)),
    record.at == "" and "-" or plain(record.at), plain(record.outcome), record.fuel,
    record.microseconds, plain(record.reason))
  return (text:gsub("%s+$", ""))
end

local ORDER = { "id", "time", "hook", "partner", "generation", "digest", "answer", "at", "reason",
  "notes", "outcome", "fuel", "microseconds", "input" }

local function sorted_keys(value, first)
  local keys, known = {}, {}
  for _, key in ipairs(first) do
    if value[key] ~= nil then keys[#keys + 1] = key end
    known[key] = true
  end
  local from = #keys
  for key in pairs(value) do
    if not known[key] then table.insert(keys, from + 1, key) end
  end
  local rest = table.move(keys, from + 1, #keys, 1, {})
  table.sort(rest, function(a, b) return tostring(a) < tostring(b) end)
  return table.move(rest, 1, #rest, from + 1, keys)
end

local function print_tree(name, value, depth)
  local pad = ("  "):rep(depth)
  if type(value) ~= "table" then
    if math.type(value) == "float" and value == math.floor(value) then value = math.tointeger(value) end
    print(("%s%-" .. 28 - 2 * depth .. "s %s"):format(pad, plain(name), plain(value)))
  elseif #value > 0 and type(value[1]) ~= "table" then
    for i, item in ipairs(value) do print_tree(i == 1 and name or "", item, depth) end
  elseif next(value) ~= nil then
    print(pad .. plain(name))
    for _, key in ipairs(sorted_keys(value, {})) do print_tree(key, value[key], depth + 1) end
  end
end

local function print_record(record)
  for _, key in ipairs(sorted_keys(record, ORDER)) do print_tree(key, record[key], 0) end
end

-- --- lines

-- Calls fn(line, number) for each line of at most LINE_MAX bytes, and fn(nil, number) for others.
local function each_line(file, fn)
  local rest, number, skipping = "", 0, false
  while true do
    local chunk = file:read(CHUNK)
    if not chunk then break end
    local from = 1
    rest = rest .. chunk
    while true do
      local at = rest:find("\n", from, true)
      if not at then break end
      number = number + 1
      fn(not skipping and at - from <= LINE_MAX and rest:sub(from, at - 1) or nil, number)
      skipping, from = false, at + 1
    end
    rest = rest:sub(from)
    if #rest > LINE_MAX then rest, skipping = "", true end
  end
  if rest ~= "" or skipping then fn(not skipping and rest or nil, number + 1) end
end

local function is_record(r)
  return type(r) == "table" and type(r.id) == "string" and type(r.time) == "string" and
    type(r.hook) == "string" and type(r.partner) == "string" and type(r.answer) == "table" and
    type(r.answer.verdict) == "string"
end

local function decode(line)
  local ok, record = pcall(cjson.decode, line)
  if not ok or not is_record(record) then return nil end
  for _, key in ipairs { "at", "reason", "outcome" } do
    if type(record[key]) ~= "string" then record[key] = "" end
  end
  for _, key in ipairs { "fuel", "microseconds" } do
    record[key] = math.tointeger(record[key]) or 0
  end
  return record
end

-- --- what is wanted

-- "2026-01-31", "2026-01-31T23:59" and so on stay; seconds since 1970 and "90s", "15m", "2h", "3d" ago.
local function parse_time(text)
  local number, unit = text:match("^(%d+)([smhd]?)$")
  if number and #number < 16 then
    local seconds = { s = 1, m = 60, h = 3600, d = 86400 }
    number = math.tointeger(tonumber(number))
    if unit ~= "" then number = os.time() - number * seconds[unit] end
    local ok, date = pcall(os.date, "!%Y-%m-%dT%H:%M:%S", number)
    return ok and date or nil
  end
  local date, rest = text:match("^(%d%d%d%d%-%d%d%-%d%d)(.*)$")
  local time = date and (rest == "" and "" or rest:match("^[T ]([%d:.]+)Z?$"))
  if not time then return nil end
  return time == "" and date or date .. "T" .. time
end

-- option -> what its value has to be; false: it has none
local OPTIONS = { partner = "name", hook = "name", verdict = "name", since = "time",
  ["until"] = "time", id = "name", last = "number", stats = false, json = false }

-- Returns the table of options with the files in order, or nil after a line on standard error.
local function parse_arguments(...)
  local given, options, files_only = { ... }, {}, false
  local i = 1
  while i <= #given do
    local name, value = given[i]:match("^%-%-([^=]+)=?(.*)$")
    if files_only or not name then
      if given[i] ~= "--" or files_only then options[#options + 1] = given[i] else files_only = true end
    elseif OPTIONS[name] == nil then
      return say("there is no option '--", name, "'")
    elseif not OPTIONS[name] then
      options[name] = true
    else
      if not given[i]:find("=", 1, true) then i, value = i + 1, given[i + 1] end
      local kind = OPTIONS[name]
      if not value then return say("--", name, " needs a ", kind) end
      if kind == "time" then
        options[name] = parse_time(value)
        if not options[name] then
          return say("--", name, " '", value, "': write 2026-01-31, 2026-01-31T23:59:59Z, seconds ",
            "since 1970, or 90s, 15m, 2h, 3d ago")
        end
      elseif kind == "number" then
        options[name] = math.tointeger(tonumber(value))
        if not options[name] or options[name] < 1 or options[name] > LAST_MAX then
          return say("--", name, " '", value, "': a number from 1 to ", LAST_MAX, " expected")
        end
      else
        options[name] = value
      end
    end
    i = i + 1
  end
  if #options == 0 then return say("which journal? Name one or more files, or - for standard input") end
  return options
end

local function is_wanted(record, o)
  return (not o.partner or record.partner == o.partner) and (not o.hook or record.hook == o.hook) and
    (not o.verdict or record.answer.verdict == o.verdict) and (not o.id or record.id == o.id) and
    (not o.since or record.time >= o.since) and
    (not o["until"] or record.time:sub(1, #o["until"]) <= o["until"])
end

-- --- counts

local function new_histogram()
  return { n = 0, max = 0 }
end

local function add_sample(h, value)
  local step = value < 1 and 0 or 1 + math.floor(math.log(value, 2) * STEPS)
  h[step] = (h[step] or 0) + 1
  h.n = h.n + 1
  h.max = math.max(h.max, value)
end

-- The value that `part` of the samples do not exceed, up to the width of a step.
local function percentile(h, part)
  local steps, seen = {}, 0
  for step in pairs(h) do
    if math.type(step) then steps[#steps + 1] = step end
  end
  table.sort(steps)
  for _, step in ipairs(steps) do
    seen = seen + h[step]
    if seen >= h.n * part then
      return step == 0 and 0 or math.min(h.max, math.floor(2 ^ (step / STEPS)))
    end
  end
  return 0
end

-- Counts `key`, or "(others)" when there are too many.
local function bump(counts, key)
  if not counts.of[key] then
    if counts.n >= KEYS_MAX then key = "(others)" else counts.n = counts.n + 1 end
  end
  counts.of[key] = (counts.of[key] or 0) + 1
end

local function new_stats()
  return { decisions = 0, failures = 0, groups = { n = 0, of = {} }, reasons = { n = 0, of = {} },
    us = new_histogram(), fuel = new_histogram() }
end

local function add_stats(stats, record)
  stats.decisions = stats.decisions + 1
  if record.answer.verdict == "failed" then stats.failures = stats.failures + 1 end
  stats.first = stats.first and stats.first < record.time and stats.first or record.time
  stats.last = stats.last and stats.last > record.time and stats.last or record.time
  bump(stats.groups, table.concat({ record.partner, record.hook, verdict_of(record) }, "\0"))
  if record.reason ~= "" then bump(stats.reasons, record.reason) end
  add_sample(stats.us, record.microseconds)
  add_sample(stats.fuel, record.fuel)
end

local function by_count(counts)
  local rows = {}
  for key, n in pairs(counts.of) do rows[#rows + 1] = { key = key, n = n } end
  table.sort(rows, function(a, b)
    if a.n ~= b.n then return a.n > b.n end
    return a.key < b.key
  end)
  return rows
end

local function summary(stats)
  local out = { decisions = stats.decisions, failures = stats.failures, first = stats.first,
    last = stats.last, groups = {}, reasons = {} }
  for i, row in ipairs(by_count(stats.groups)) do
    local partner, hook, verdict = row.key:match("^(.*)%z(.*)%z(.*)$")
    out.groups[i] = { partner = partner or "(others)", hook = hook or "", verdict = verdict or "",
      decisions = row.n }
  end
  for i, row in ipairs(by_count(stats.reasons)) do
    if i > TOP then break end
    out.reasons[i] = { reason = row.key, decisions = row.n }
  end
  for _, what in ipairs { "us", "fuel" } do
    out[what] = { p50 = percentile(stats[what], 0.5), p99 = percentile(stats[what], 0.99),
      max = stats[what].max }
  end
  return out
end

local function print_stats(s)
  print(("%d decisions, %d failures"):format(s.decisions, s.failures))
  if s.decisions == 0 then return end
  print(("%s to %s"):format(plain(s.first), plain(s.last)))
  print(("us    p50 %d  p99 %d  max %d"):format(s.us.p50, s.us.p99, s.us.max))
  print(("fuel  p50 %d  p99 %d  max %d"):format(s.fuel.p50, s.fuel.p99, s.fuel.max))
  print(("\n%-24s %-20s %-16s %9s"):format("PARTNER", "HOOK", "VERDICT", "DECISIONS"))
  for _, g in ipairs(s.groups) do
    print(("%-24s %-20s %-16s %9d"):format(plain(g.partner), plain(g.hook), plain(g.verdict),
      g.decisions))
  end
  if #s.reasons > 0 then print(("\n%9s  %s"):format("DECISIONS", "REASON")) end
  for _, r in ipairs(s.reasons) do print(("%9d  %s"):format(r.decisions, plain(r.reason))) end
end

-- --- all of it

-- What is done with each decision, and at the end.
local function new_sink(o)
  local stats, ring, n = o.stats and new_stats(), {}, 0
  local sink = {}

  local function show(record, line)
    if o.json then print(line) elseif o.id then print_record(record) else print(line_of(record)) end
  end

  function sink.take(record, line)
    n = n + 1
    if stats then
      add_stats(stats, record)
    elseif o.last then
      ring[n % o.last] = { record, line }
    else
      show(record, line)
    end
  end

  function sink.finish()
    if stats and o.json then print(cjson.encode(summary(stats))) end
    if stats and not o.json then print_stats(summary(stats)) end
    for i = math.max(1, n - (o.last or 0) + 1), o.last and n or 0 do show(table.unpack(ring[i % o.last])) end
    return n
  end

  return sink
end

local function names_of(seen)
  local names = {}
  for name in pairs(seen) do names[#names + 1] = plain(name) end
  table.sort(names)
  return table.concat(names, ", ")
end

-- Values that were there, for whoever asked for another.
local function note(seen, record)
  for key, value in pairs { partner = record.partner, hook = record.hook,
    verdict = record.answer.verdict } do
    local of = seen[key]
    if not of[value] and of.n < 20 then of[value], of.n = true, of.n + 1 end
  end
end

local function explain_nothing(seen, o)
  for _, key in ipairs { "partner", "hook", "verdict" } do
    local of = seen[key]
    of.n = nil
    if o[key] and not of[o[key]] and next(of) then
      return say("no decision has the ", key, " '", o[key], "'; there are: ", names_of(of))
    end
  end
  say("no decision matches")
end

local function read_file(path, o, sink, seen, foreign)
  local file, why = io.stdin, nil
  if path ~= "-" then file, why = io.open(path, "rb") end
  if not file then return say(why) end
  -- a directory can be opened, but not read
  local ok, _, code = file:read(0)
  if not ok and code then return say(path, ": cannot be read") end
  each_line(file, function(line, number)
    local record = line and decode(line)
    if not record then
      foreign.n, foreign.first = foreign.n + 1, foreign.first or path .. ":" .. number
      return
    end
    note(seen, record)
    if is_wanted(record, o) then sink.take(record, line) end
  end)
  if file ~= io.stdin then file:close() end
  return true
end

-- Arguments of the command, without its name.  Returns an exit status.
function journal.main(...)
  local o = parse_arguments(...)
  if not o then return 2 end
  local sink, foreign, status = new_sink(o), { n = 0 }, 0
  local seen = { partner = { n = 0 }, hook = { n = 0 }, verdict = { n = 0 } }
  for _, path in ipairs(o) do
    if not read_file(path, o, sink, seen, foreign) then status = 1 end
  end
  local n = sink.finish()
  if foreign.n > 0 then
    say(foreign.n, foreign.n == 1 and " line is" or " lines are",
      " no decision: torn, or of something else; the first is ", foreign.first)
  end
  if n == 0 and not o.stats and status == 0 then explain_nothing(seen, o) end
  if n == 0 and o.id then status = 1 end
  return status
end

return journal
