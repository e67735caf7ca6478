-- SPDX-License-Identifier: MIT
-- What `parleyctl test` prints, in four formats.
--
-- begin(options), then file(result) for each test file, then finish(options, files of the policies
-- or nil).  A result is { path, error or nil, cases }, a case { name, line, passed, message, us,
-- fuel, decisions }.
local cjson = require "cjson"
local coverage = require "parley.coverage"

local report = {}

local function say(fmt, ...)
  io.write(fmt:format(...), "\n")
end

-- --- pretty

local pretty = {}

local COLORS = { ok = "\27[32m", FAIL = "\27[31;1m", dim = "\27[2m" }

local function paint(options, color, text)
  return options.color and COLORS[color] .. text .. "\27[0m" or text
end

local function in_hex(c)
  return ("\\x%02x"):format(c:byte())
end

-- Texts of operators may hold anything: a terminal gets no control characters, nor those of 8 bits.
local function plain(text)
  return (text:gsub("[%c\127]", in_hex):gsub("\194([\128-\159])", in_hex))
end

-- Bytes that are no UTF-8 would make a document unreadable.
local function readable(text)
  return text and not utf8.len(text) and text:gsub("[\128-\255]", "?") or text
end

-- As JSON, which is YAML as well.
local function quoted(value)
  return (cjson.encode(value):gsub("\194([\128-\159])", function(c)
    return ("\\u%04x"):format(c:byte())
  end))
end

local WIDEST = 90 -- a longer name pushes its figures to the right

local function columns(name)
  return utf8.len(plain(name), 1, -1, true)
end

function pretty.file(options, result)
  say("%s", plain(result.path))
  if result.error then
    say("  %s  %s", paint(options, "FAIL", "does not load"), plain(result.error))
  end
  local width = 56
  for _, case in ipairs(result.cases) do
    width = math.min(WIDEST, math.max(width, columns(case.name)))
  end
  for _, case in ipairs(result.cases) do
    local word = case.passed and "ok" or "FAIL"
    say("  %s%s%s%s %7d us   fuel %d", paint(options, word, word), (" "):rep(6 - #word),
      plain(case.name), (" "):rep(math.max(1, width + 2 - columns(case.name))), case.us, case.fuel)
    if not case.passed then say("        %s", plain(case.message)) end
  end
end

function pretty.finish(_, totals, covered)
  local unloaded = ""
  if totals.unloaded == 1 then
    unloaded = ", 1 file does not load"
  elseif totals.unloaded > 1 then
    unloaded = (", %d files do not load"):format(totals.unloaded)
  end
  say("%d passed, %d failed%s", totals.passed, totals.failed, unloaded)
  if not covered then return end
  say("")
  say("coverage")
  for _, file in ipairs(covered.files) do
    say("  %-28s %5.1f %%  %3d/%3d lines%s", file.path, file.percent, file.hit, file.lines,
      file.missed ~= "" and "  missed " .. file.missed or "")
  end
  say("  %-28s %5.1f %%  %3d/%3d lines", "all", covered.percent, covered.hit, covered.lines)
end

-- --- TAP 14

local tap = { n = 0 }

local function tap_text(text)
  return (plain(text):gsub("\\", "\\\\"):gsub("#", "\\#"))
end

function tap.begin()
  say("TAP version 14")
end

local function tap_line(passed, name)
  tap.n = tap.n + 1
  say("%s %d - %s", passed and "ok" or "not ok", tap.n, tap_text(name))
end

function tap.file(_, result)
  if result.error then
    tap_line(false, result.path .. ": loads")
    say("  ---\n  message: %s\n  ...", quoted(result.error))
  end
  for _, case in ipairs(result.cases) do
    tap_line(case.passed, result.path .. ": " .. case.name)
    say("  ---")
    if not case.passed then say("  message: %s", quoted(case.message)) end
    say("  duration_ms: %.3f\n  fuel: %d\n  decisions: %d\n  ...", case.us / 1000, case.fuel,
      case.decisions)
  end
end

function tap.finish(_, _, covered)
  say("1..%d", tap.n)
  for _, file in ipairs(covered and covered.files or {}) do
    say("# coverage %s %.1f %% %d/%d%s", file.path, file.percent, file.hit, file.lines,
      file.missed ~= "" and " missed " .. file.missed or "")
  end
  if covered then say("# coverage all %.1f %% %d/%d", covered.percent, covered.hit, covered.lines) end
end

-- --- JUnit

local junit = { suites = {} }

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

-- XML has no way to say most control characters.
local function xml(text)
  text = text:gsub("\239\191[\190\191]", "?"):gsub("\237[\160-\191].", "?")
  return (plain(text):gsub('[&<>"]', ENTITIES))
end

local function xml_case(result, case)
  local head = ('    <testcase classname="%s" name="%s" time="%.6f"'):format(xml(result.path),
    xml(case.name), case.us / 1e6)
  if case.passed then return head .. "/>" end
  return ('%s>\n      <failure message="%s">%s</failure>\n    </testcase>'):format(head,
    xml(case.message), xml(case.message))
end

function junit.file(_, result)
  local lines, failed, time = {}, 0, 0
  local cases = result.cases
  if result.error then
    cases = { { name = "loads", passed = false, message = result.error, us = 0 } }
  end
  for i, case in ipairs(cases) do
    lines[i] = xml_case(result, case)
    failed, time = failed + (case.passed and 0 or 1), time + case.us / 1e6
  end
  junit.suites[#junit.suites + 1] = {
    n = #cases, failed = failed, time = time,
    text = ('  <testsuite name="%s" tests="%d" failures="%d" errors="0" time="%.6f">\n%s\n  </testsuite>')
      :format(xml(result.path), #cases, failed, time, table.concat(lines, "\n")),
  }
end

function junit.finish()
  local n, failed, time = 0, 0, 0
  for _, suite in ipairs(junit.suites) do
    n, failed, time = n + suite.n, failed + suite.failed, time + suite.time
  end
  say('<?xml version="1.0" encoding="UTF-8"?>')
  say('<testsuites name="parleyctl test" tests="%d" failures="%d" errors="0" time="%.6f">', n,
    failed, time)
  for _, suite in ipairs(junit.suites) do say("%s", suite.text) end
  say("</testsuites>")
end

-- --- JSON

local json = { files = {} }

local CASE = { "name", "line", "passed", "message", "us", "fuel", "decisions" }
local COVERED = { "path", "percent", "hit", "lines" }

-- lua-cjson knows no order of fields, and no empty list: both are put together here.
local function list(items)
  return "[" .. table.concat(items, ",") .. "]"
end

-- `last` is more of the same, as text.
local function object(value, fields, last)
  local out = {}
  for _, field in ipairs(fields) do
    if value[field] ~= nil then
      out[#out + 1] = ('"%s":%s'):format(field, quoted(value[field]))
    end
  end
  out[#out + 1] = last
  return "{" .. table.concat(out, ",") .. "}"
end

function json.file(_, result)
  local cases = {}
  for i, case in ipairs(result.cases) do cases[i] = object(case, CASE) end
  json.files[#json.files + 1] = object(result, { "path", "error" }, '"cases":' .. list(cases))
end

local function json_coverage(options, covered)
  local files = {}
  for i, file in ipairs(covered.files) do
    files[i] = object(file, COVERED, '"missed":' .. list(file.missed_lines))
  end
  covered.minimum = options.min_coverage
  return object(covered, { "percent", "hit", "lines", "minimum" }, '"files":' .. list(files))
end

function json.finish(options, totals, covered)
  local last = '"files":' .. list(json.files)
  if covered then last = last .. ',"coverage":' .. json_coverage(options, covered) end
  say("%s", object(totals, { "passed", "failed", "unloaded" }, last))
end

-- --- all of them

local formats = { pretty = pretty, tap = tap, junit = junit, json = json }
local format
local totals

function report.begin(options)
  format = formats[options.format]
  totals = { passed = 0, failed = 0, unloaded = 0 }
  tap.n, junit.suites, json.files = 0, {}, {}
  if format.begin then format.begin(options) end
end

function report.file(options, result)
  result.path, result.error = readable(result.path), readable(result.error)
  for _, case in ipairs(result.cases) do
    case.name, case.message = readable(case.name), readable(case.message)
  end
  if result.error then totals.unloaded = totals.unloaded + 1 end
  for _, case in ipairs(result.cases) do
    local key = case.passed and "passed" or "failed"
    totals[key] = totals[key] + 1
  end
  format.file(options, result)
  io.flush()
end

-- Gives the coverage in percent, or nil.
function report.finish(options, files)
  local covered = files and coverage.all(files)
  local reached = covered and covered.percent
  format.finish(options, totals, covered)
  io.flush()
  return reached
end

return report
