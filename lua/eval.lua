-- SPDX-License-Identifier: MIT
-- `parleyctl eval`: prints what it found out about one decision.
local cjson = require "cjson"

local eval = {}

-- What a peer or a policy wrote, so that no terminal obeys it.
local function plain(text)
  return (tostring(text):gsub("[^\32-\126]", function(c) return ("\\x%02x"):format(c:byte()) end))
end

local function row(name, ...)
  print(((("%-12s"):format(name) .. table.concat({ ... })):gsub("%s+$", "")))
end

local function list(values, default)
  if type(values) ~= "table" or #values == 0 then return default end
  return table.concat(values, ", ")
end

local function verdict_of(answer)
  local text = answer.verdict
  if answer.capability then text = text .. " " .. answer.capability end
  if answer.capabilities then text = text .. " " .. list(answer.capabilities, "nothing") end
  if answer.purposes then text = text .. " for " .. list(answer.purposes, "nothing") end
  local more = {}
  for key, value in pairs(answer) do
    if key ~= "verdict" and key ~= "capability" and key ~= "capabilities" and key ~= "purposes" then
      if math.type(value) == "float" then value = math.tointeger(value) or value end
      more[#more + 1] = key .. " = " .. plain(value)
    end
  end
  table.sort(more)
  return plain(text) .. (#more > 0 and " { " .. table.concat(more, ", ") .. " }" or "")
end

local function print_refusal(problem, body)
  row("refused", "before any policy is asked, with ", math.tointeger(problem.status), " ",
    problem.cause or problem.title)
  for _, param in ipairs(problem.invalidParams or {}) do
    row("", plain(param.param), ": ", plain(param.reason))
  end
  row("the peer", "gets ", plain(body))
end

local function print_input(result)
  local request = result.input.request
  if result.hook == "select_capability" and request then
    row("request", plain(list(request.supportedSecCapabilityList, "nothing")), " from ",
      plain(request.sender))
  end
  row("hook", result.hook, " of ", plain(result.partner))
end

local function print_floor(floor)
  for i, check in ipairs(floor) do
    row(i == 1 and "floor" or "", ("%-9s%-14s"):format(check.ok and "ok" or "REFUSES", check.check),
      plain(check.text))
  end
end

local function print_trace(result)
  print()
  local lines, width = result.trace, 0
  for _, line in ipairs(lines) do width = math.max(width, #line.file + 1 + #tostring(line.line)) end
  for i, line in ipairs(lines) do
    -- what is new when a line begins is what the lines before it did
    for _, variable in ipairs(line.variables or {}) do
      print((" "):rep(width) .. " |     " .. plain(variable.name) .. " = " .. plain(variable.value))
    end
    print(("%-" .. width .. "s | %s"):format(line.file .. ":" .. math.tointeger(line.line),
      plain(line.source or "")))
    if i == #lines and result.lines > #lines then
      print(("%s   ... and %d lines more"):format((" "):rep(width), result.lines - #lines))
    end
  end
  print()
end

local function print_comparison(result)
  local recorded = result.recorded
  row("recorded", verdict_of(recorded.answer), recorded.at and " at " .. plain(recorded.at) or "")
  if recorded.reason and recorded.reason ~= "" then row("", plain(recorded.reason)) end
  row("", result.differs and "DIFFERS" or "the same", recorded.id and " in " .. plain(recorded.id) or "")
  if result.truncated then row("", "the record was cut: the policy sees less than it did then") end
end

local function print_answer(result)
  row("answer", verdict_of(result.answer))
  if result.reason ~= "" then row("", plain(result.reason)) end
  if result.at ~= "" then row("at", plain(result.at)) end
  for _, text in ipairs(result.notes) do row("note", plain(text)) end
  row("cost", ("fuel %d, %.1f KiB, %.1f us"):format(result.fuel, result.scratch_bytes / 1024,
    result.nanoseconds / 1000))
end

function eval.main(json)
  local result = cjson.decode(json)
  if result.refused then
    print_refusal(result.refused, result.body)
    return 0
  end
  print_input(result)
  if result.floor then print_floor(result.floor) end
  row("answered by", plain(result.answered_by), ": ", plain(result.because))
  if result.trace then print_trace(result) end
  print_answer(result)
  if result.recorded then print_comparison(result) end
  for _, check in ipairs(result.floor or {}) do
    if not check.ok then
      row("", "the daemon would not have asked: ", check.check, " refuses first")
      break
    end
  end
  return 0
end

return eval
