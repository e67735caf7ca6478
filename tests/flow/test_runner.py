# SPDX-License-Identifier: MIT
"""parleyctl test: what it prints, what it exits with, and what no test file can do to it."""

import json
import os
import pathlib
import re
import signal
import subprocess
import xml.etree.ElementTree as ElementTree

import pytest

from lib.gateway import program
from lib.waiting import Deadline, readable
import pki

ROOT = pathlib.Path(__file__).resolve().parents[2]

GATEWAY = f"""return sepp.gateway {{
  api = 1, fqdn = "{pki.fqdn('999-70')}", plmns = {{ "999-70" }}, capabilities = {{ sepp.PRINS, sepp.TLS }},
  certificate = "certs/gateway.pem", key = "certs/gateway.key", n32c = {{ listen = {{ "127.0.0.1:0" }} }},
}}
"""
HUB = """local hub = sepp.policy { api = 1, name = "hub" }

function hub.select_capability(request, peer)
  if peer.certificate.days_left < 7 then
    return sepp.reject("%d days left", peer.certificate.days_left)
  end
  return sepp.prefer(request, {
    sepp.PRINS,
    sepp.TLS,
  })
end

function hub.retain_connection()
  return sepp.retain { idle_s = 60 }
end

return hub
"""
DEFAULT = """local policy = sepp.policy { api = 1, name = "default" }
function policy.select_capability()
  return sepp.reject("nobody")
end
return policy
"""
RIGHT = """local hub = test.policy "hub"
test.case("PRINS first", function()
  test.selected(hub:select_capability(test.request {}, test.peer {}), sepp.PRINS)
end)
"""
WRONG = """test.case('wrong <&> "expectation"', function()
  test.selected(hub:select_capability(test.request {}, test.peer {}), sepp.TLS)
end)
"""
MESSAGE = "tests/hub_test.lua:6: expected select TLS, got select PRINS"


class Policies:
    """A directory without keys, and the runner on it."""

    def __init__(self, root):
        self.root = root
        self.write("gateway.lua", GATEWAY)
        self.write("default.lua", DEFAULT)
        self.write("shared/hub.lua", HUB)
        self.write("tests/hub_test.lua", RIGHT)

    def write(self, path, text, mode=0o644):
        return pki.write(self.root / path, text.encode(), mode)

    def command(self, *arguments):
        return [program("parleyctl"), "test", self.root, *arguments]

    def run(self, *arguments, cwd=None):
        return subprocess.run(self.command(*arguments), text=True, capture_output=True, timeout=60,
                              check=False, cwd=cwd)

    def json(self, *arguments):
        return json.loads(self.run("--format", "json", *arguments).stdout)


@pytest.fixture
def policies(tmp_path):
    return Policies(tmp_path / "policies")


def test_passing_tests_exit_with_0(policies):
    done = policies.run()
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0] == "tests/hub_test.lua"
    assert re.fullmatch(r"  ok    PRINS first +\d+ us   fuel \d+", lines[1])
    assert lines[2] == "1 passed, 0 failed"


def test_a_failure_exits_with_1_and_says_where(policies):
    policies.write("tests/hub_test.lua", RIGHT + WRONG)
    done = policies.run()
    assert done.returncode == 1
    assert '  FAIL  wrong <&> "expectation"' in done.stdout
    assert f"        {MESSAGE}\n1 passed, 1 failed\n" in done.stdout


def test_tap_is_version_14_with_diagnostics(policies):
    policies.write("tests/hub_test.lua", RIGHT + WRONG)
    lines = policies.run("--format", "tap").stdout.splitlines()
    assert lines[0] == "TAP version 14"
    assert "ok 1 - tests/hub_test.lua: PRINS first" in lines
    assert f'  message: "{MESSAGE}"'.replace("/", "\\/") in lines
    assert lines[-1] == "1..2"


def test_junit_is_xml_that_counts(policies):
    policies.write("tests/hub_test.lua", RIGHT + WRONG + "test.case('\\1\\255', function() error('<\\0>') end)")
    suites = ElementTree.fromstring(policies.run("--format", "junit").stdout)
    assert (suites.get("tests"), suites.get("failures")) == ("3", "2")
    cases = suites.findall("testsuite/testcase")
    assert cases[1].get("name") == 'wrong <&> "expectation"'
    assert cases[1].find("failure").get("message") == MESSAGE
    assert cases[0].find("failure") is None


def test_json_is_one_object(policies):
    policies.write("tests/hub_test.lua", RIGHT + WRONG)
    said = policies.json("--coverage")
    assert (said["passed"], said["failed"], said["unloaded"]) == (1, 1, 0)
    right, wrong = said["files"][0]["cases"]
    assert right["passed"] and right["fuel"] > 50 and right["decisions"] == 1
    assert wrong["message"] == MESSAGE
    assert {file["path"] for file in said["coverage"]["files"]} == {"default.lua", "shared/hub.lua"}


ODD_NAMES = """for _, name in ipairs { "\\255", "\\1[]", "\\u{9b}31m", "\\27[31m", "# SKIP" } do
  test.case(name, function() test.ok(false, name) end)
end
"""


def test_any_bytes_in_a_name_leave_every_format_readable(policies):
    policies.write("tests/hub_test.lua", ODD_NAMES)
    odd = os.fsdecode(bytes(policies.root.parent) + b"/\xff\x1b_test.lua")
    pathlib.Path(odd).write_text("test.case('in a file of odd name', function() test.ok(true) end)")
    said = {}
    for format in ("pretty", "tap", "junit", "json"):
        done = subprocess.run(policies.command(odd, "tests/hub_test.lua", "--format", format),
                              capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stderr) == (1, b"")
        said[format] = done.stdout.decode()
        assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f]", said[format])
    assert "1 passed, 5 failed" in said["pretty"]
    assert "not ok 6 - tests/hub_test.lua: \\# SKIP" in said["tap"]
    assert ElementTree.fromstring(said["junit"]).get("failures") == "5"
    cases = json.loads(said["json"])["files"][1]["cases"]
    assert [case["name"] for case in cases] == ["?", "\1[]", "\x9b31m", "\x1b[31m", "# SKIP"]


def test_json_is_the_same_each_time_but_for_the_times(policies):
    def once():
        return re.sub(r'"us":\d+', "", policies.run("--format", "json", "--coverage").stdout)
    assert len({once() for _ in range(5)}) == 1


def test_what_does_not_load_exits_with_3_and_the_rest_still_runs(policies):
    policies.write("tests/a_test.lua", "test.case(")
    done = policies.run()
    assert done.returncode == 3
    assert "tests/a_test.lua:1: unexpected symbol near <eof>" in done.stdout
    assert "1 passed, 0 failed, 1 file does not load" in done.stdout
    policies.write("shared/hub.lua", "return 1")
    done = policies.run()
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "shared/hub.lua: the file must end with 'return policy'\n"


@pytest.mark.parametrize("arguments", [["--format", "xml"], ["--min-coverage", "101"],
                                       ["--min-coverage", "x"], ["--max-fuel", "0"],
                                       ["--max-fuel", "-1"], ["--nonsense"]])
def test_wrong_usage_exits_with_2(policies, arguments):
    done = policies.run(*arguments)
    assert done.returncode == 2
    assert "usage: parleyctl test" in done.stderr


def test_nothing_to_run_is_a_failure(policies):
    assert policies.run("--run", "PRINS").returncode == 0
    done = policies.run("--run", "nonsense")
    assert done.returncode == 1
    assert "no case has that text in its name" in done.stderr
    (policies.root / "tests/hub_test.lua").unlink()
    assert policies.run().returncode == 1


def test_files_are_named_from_the_directory_or_from_here(policies, tmp_path):
    policies.write("tests/other_test.lua", RIGHT)
    outside = pki.write(tmp_path / "outside_test.lua", RIGHT.encode())
    for file in ("tests/hub_test.lua", policies.root / "tests/hub_test.lua"):
        assert [f["path"] for f in policies.json(file)["files"]] == ["tests/hub_test.lua"]
    assert policies.json(outside)["passed"] == 1
    done = policies.run("tests/none_test.lua")
    assert done.returncode == 3
    assert done.stderr == "tests/none_test.lua: cannot open: No such file or directory\n"


# --- coverage

def covered(said):
    return {file["path"]: file for file in said["coverage"]["files"]}


def test_coverage_counts_lines_that_can_run(policies):
    hub = covered(policies.json("--coverage"))["shared/hub.lua"]
    # 1, 3, 4, 5, 7-10, 11, 13-15, 17, but for continued expressions and what ends a function
    assert hub["missed"] == [5, 14]
    assert hub["hit"] == hub["lines"] - 2
    assert f"missed {hub['missed'][0]},{hub['missed'][1]}" in policies.run("--coverage").stdout


def test_a_file_that_nobody_asked_has_0_percent(policies):
    default = covered(policies.json("--coverage"))["default.lua"]
    assert (default["percent"], default["hit"], default["lines"]) == (0, 0, 1)


def test_a_library_that_nobody_asks_for_may_be_broken(policies):
    policies.write("lib/broken.lua", "return (")
    policies.write("lib/idle.lua", "return { 1,\n2 }")
    files = covered(policies.json("--coverage"))
    assert (files["lib/broken.lua"]["percent"], files["lib/broken.lua"]["lines"]) == (0, 0)
    assert files["lib/idle.lua"]["hit"] == 0 < files["lib/idle.lua"]["lines"]


def test_every_way_to_write_lua_has_lines(policies):
    policies.write("lib/much.lua", """local M = {}
function M.all(n, ...)
  local t <const> = { n, ... }
  for i = 1, #t do
    if i % 2 == 0 then goto on end
    t[i] = -t[i]
    ::on::
  end
  while n > 0 do
    n = n - 1
    if n == 1 then
      break
    else
      t.x = (t.x or 0) + 1.5
    end
  end
  repeat
    local f = function() return "a" .. n end
    n = n + 1
  until f() == "a3" or n > 5
  return t, ...
end
return M
""")
    policies.write("shared/hub.lua", "local much = sepp.require 'much'\n" + HUB.replace(
        "  if peer", "  local _ = much.all(3, 4, 5)\n  if peer"))
    much = covered(policies.json("--coverage"))["lib/much.lua"]
    assert much["missed"] == []
    assert much["lines"] >= 15


def test_coverage_below_the_minimum_exits_with_4_unless_something_failed(policies):
    done = policies.run("--min-coverage", "99.5")
    assert done.returncode == 4
    assert re.search(r"^coverage of \d+\.\d % is below the minimum of 99\.5 %$", done.stderr, re.M)
    assert policies.run("--min-coverage", "30").returncode == 0
    policies.write("tests/hub_test.lua", RIGHT + WRONG)
    assert policies.run("--min-coverage", "99.5").returncode == 1


# --- budgets and containment

def test_a_decision_over_max_fuel_fails_its_case(policies):
    assert policies.run("--max-fuel", "5000").returncode == 0
    done = policies.run("--max-fuel", "10")
    assert done.returncode == 1
    assert re.search(r"tests/hub_test\.lua:3: shared/hub\.lua: 'select_capability' spent \d+ units of "
                     r"fuel; at most 10 are allowed here", done.stdout)


HOSTILE = ["while true do end", "while true do pcall(function() while true do end end) end",
           "local t = {} for i = 1, 1e9 do t[i] = { i } end", "local function f() return 1 + f() end f()",
           "local s = 'x' while true do s = s .. s end", "os.exit(0)", "error({})",
           "hub.select_capability = nil", "test.case = nil", "string.rep = nil"]


def test_a_hostile_case_fails_alone(policies):
    text = RIGHT + "".join(f"test.case('bad {i}', function() {code} end)\n"
                           for i, code in enumerate(HOSTILE))
    policies.write("tests/hub_test.lua", text + RIGHT.replace("PRINS first", "still")
                   .replace("local hub", "local again").replace("hub:", "again:"))
    cases = policies.json()["files"][0]["cases"]
    assert [case["passed"] for case in cases] == [True] + [False] * len(HOSTILE) + [True]


def test_a_failing_policy_is_an_answer_and_not_the_end(policies):
    policies.write("shared/hub.lua", HUB.replace("  return sepp.prefer", "  while true do end\n  return sepp.prefer"))
    done = policies.run()
    assert "got failed: shared/hub.lua:7: stopped after 200000 units of fuel" in done.stdout


def test_tests_and_modes_are_no_part_of_what_is_activated(policies):
    policies.write("tests/hub_test.lua", RIGHT, mode=0o666)
    assert policies.run().returncode == 0


def test_the_example_has_tests_that_reach_every_line():
    done = subprocess.run([program("parleyctl"), "test", "policies", "--min-coverage", "100"], cwd=ROOT,
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


EVERY_FIELD = """local default = test.policy "default"
local peer = test.peer {
  name = "alpha", group = "g", tags = { "t" }, path = sepp.path.IP_ONLY, plmns = { "001-02" },
  capabilities = { sepp.TLS }, purposes = { sepp.purpose.ROAMING }, role = "initiator",
  source_address = "a", tls_version = "v", tls_cipher = "c", established = sepp.TLS, cert_days_left = -3,
  cert_issuer = "i", cert_fingerprint = "f", cert_key = "k", cert_dns_names = { "*.x.org" },
  cert_plmns = { "001-02", "001-003" }, last_capability = sepp.PRINS, last_ok = "1970-01-01 00:01",
  attempts = 1, failures = 2, errors_in = 3, errors_out = 4, strikes = 5, previous_fingerprint = "p",
  handshakes_minute = 6, handshakes_hour = 7, connections = 8, flags = { "red" },
}
test.case("peer", function()
  local request = test.request {
    sender = "Sepp.X.org.", capabilities = { "ALS", sepp.TLS }, plmns = { "001-02" },
    snpns = { "001-02-00000abcdef" }, target_plmn = "999-70", purposes = { sepp.purpose.ROAMING, "X" },
    features = 3, target_api_root = false, time = "2026-07-01 23:30", utc_offset = "+02:00",
  }
  test.equal(default:select_capability(request, peer).notes, {
    "alpha g t IP_ONLY 001-02 initiator a v c TLS -3 i f k *.x.org 001-002 001-003",
    "PRINS 60 1 2 3 4 5 p 6 7 8 true false",
    "sepp.x.org ALS TLS 001-02 001-02-00000abcdef 999-70 ROAMING X 3 false 1782948600 1:30 4",
  })
end)
test.case("nothing more than what is written", function()
  local valid = test.peer { established = sepp.PRINS }
  local first = test.request {}
  test.selected(default:select_capability(first, valid), sepp.PRINS)
  test.noted(default:select_capability(first, valid), "PRINS 1767178200 1 0 0 0 0 nil 1 1 1 false false")
  test.noted(default:select_capability(first, valid { established = false }), "nil nil 1 0")
end)
"""
SHOW = """local policy = sepp.policy { api = 1, name = "default" }
local function show(...)
  local out = {}
  for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))) end
  sepp.note("%s", table.concat(out, " "))
end
function policy.select_capability(r, p)
  local c, h, n, t = p.certificate, p.history, p.counts, r.local_time
  show(p.name, p.group, p.tags[1], p.path, p.plmns[1], p.role, p.source_address, p.tls.version, p.tls.cipher,
    p.established, c.days_left, c.issuer, c.fingerprint, c.key, c.dns_names[1], c.plmns[1], c.plmns[2])
  show(h.last_capability, h.last_ok, h.attempts, h.failures, h.errors_in, h.errors_out, h.strikes,
    h.previous_fingerprint, n.handshakes_minute, n.handshakes_hour, n.connections, p.flags["red"], p.flags["no"])
  show(r.sender, r.capabilities[1], r.capabilities[2], r.plmns[1], r.snpns[1], r.target_plmn, r.purposes[1],
    r.purposes[2], r.features, r.target_api_root, r.time, t.hour .. ":" .. t.minute, t.weekday)
  return sepp.prefer(r, { sepp.PRINS, sepp.TLS })
end
return policy
"""


def test_every_field_of_a_fixture_gets_to_the_policy(policies):
    policies.write("default.lua", SHOW)
    policies.write("tests/hub_test.lua", EVERY_FIELD)
    assert policies.run().stdout.endswith("2 passed, 0 failed\n"), policies.run().stdout


def test_the_page_about_tests_shows_what_runs(policies):
    page = (ROOT / "lua/TESTS.md").read_text()
    samples = re.findall(r"```lua\n(-- (\S+)\n.*?)```", page, re.S)
    assert [path for _, path in samples] == ["shared/hub.lua", "tests/hub_test.lua"]
    for text, path in samples:
        policies.write(path, text)
    done = policies.run("--min-coverage", "90")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "4 passed, 0 failed" in done.stdout


# --- watching

class Watcher:
    """A runner that waits for changes, with both its outputs in one pipe."""

    def __init__(self, policies):
        self.process = subprocess.Popen(policies.command("--watch"), stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def says_until_it_waits(self):
        said, deadline = b"", Deadline(30)
        while b"waiting for a change" not in said:
            assert readable(self.process.stdout, deadline.left()), said
            piece = os.read(self.process.stdout.fileno(), 65536)
            assert piece, said
            said += piece
        return said.decode()


def test_watching_runs_again_after_a_change_and_ends_with_the_last_status(policies):
    with Watcher(policies) as watcher:
        assert "1 passed, 0 failed" in watcher.says_until_it_waits()
        policies.write("tests/hub_test.lua", RIGHT + WRONG)
        assert "1 passed, 1 failed" in watcher.says_until_it_waits()
        policies.write("lib/new.lua", "return {}")
        assert "1 passed, 1 failed" in watcher.says_until_it_waits()
        os.kill(watcher.process.pid, signal.SIGINT)
        assert watcher.process.wait(timeout=10) == 1
