# SPDX-License-Identifier: MIT
"""The commands of parleyctl that need no daemon, on directories made for the purpose."""

import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lib.directory import KEEP, TLS_FIRST, Directory, select
from lib.gateway import program
from pki import DAY

ALPHA = "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
BETA = "sepp.5gc.mnc002.mcc262.3gppnetwork.org"


def run(*arguments, stdin=""):
    """A finished parleyctl; stdout, stderr, returncode."""
    return subprocess.run([program("parleyctl"), *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A directory that tests look at and do not change: alpha decides itself, beta has a hub."""
    directory = Directory(tmp_path_factory.mktemp("tools"))
    directory.renew(not_after=400 * DAY)
    directory.partner("alpha", "001-01", TLS_FIRST + KEEP)
    directory.partner("beta", "262-02", follows="hub")
    directory.write("shared/hub.lua", HUB)
    return directory


HUB = """-- PRINS, and no step back.
local policy = sepp.policy { api = 1, name = "hub" }

function policy.select_capability(request, peer)
  local days = peer.certificate.days_left
  if days < 7 then
    sepp.note("%d days left", days)
    return sepp.reject("certificate of %s: %d days left", peer.name, days)
  end
  if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return sepp.reject("downgrade: %s used PRINS before", peer.name)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

return policy
"""


# --- check


def test_check_prints_the_digest_and_who_decides_for_whom(shop):
    result = run("check", shop.policies)
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stderr
    assert lines[0] == "default.lua: warning: no test names it, nor 2 other files that decide"
    assert lines[1].startswith(f"{shop.policies} loads: digest ") and lines[1].endswith(", 2 partners")
    assert [line.split() for line in lines[2:]] == [
        ["alpha", ALPHA, "decides:", "partners/alpha.lua"],
        ["beta", BETA, "decides:", "shared/hub.lua"]]


def test_check_with_a_name_prints_that_partner_only(shop):
    result = run("check", shop.policies, "beta")
    assert result.returncode == 0
    assert "beta " in result.stdout and "alpha " not in result.stdout


def test_check_of_an_unknown_name_suggests_one(shop):
    result = run("check", shop.policies, "alhpa")
    assert result.returncode == 2
    assert "there is no partner 'alhpa' (did you mean 'alpha'?)" in result.stderr


def broken(directory):
    """Nine mistakes in eight files, and what only follows from them: gamma has no hub."""
    directory.partner("alpha", "001-01", TLS_FIRST, follows="nobody")
    directory.partner("beta", "262-02", "retrun 1")
    directory.partner("gamma", "262-03", TLS_FIRST, follows="hub")
    directory.partner_file("delta", "262-03", TLS_FIRST)
    directory.write("shared/hub.lua", "x = 1\n")
    directory.write("lib/tool.lua", "return {\n")
    directory.remove("certs/gateway.key")
    directory.write("data/x.json", "{", mode=0o666)


MISTAKES = """\
data/x.json: ends too early
data/x.json: may be written by group or others (mode 666); chmod go-w it
gateway.lua:8: key: certs/gateway.key: no such file in the directory
lib/tool.lua:2: unexpected symbol near <eof>
partners/alpha.lua:12: follows 'nobody', but no file in shared/ returns a policy of that name
partners/beta.lua:14: syntax error near '1'
partners/delta.lua:6: anchors: anchors/delta.pem: no such file in the directory
partners/gamma.lua:4: FQDN 'sepp.5gc.mnc003.mcc262.3gppnetwork.org' is also in partners/delta.lua; \
a name has one partner
shared/hub.lua:1: assignment to the global 'x'; write 'local x = ...'
9 mistakes in 8 files
"""


def test_check_lists_every_mistake_with_its_line_and_counts_them(directory):
    broken(directory)
    result = run("check", directory.policies)
    assert (result.returncode, result.stdout) == (3, "")
    assert result.stderr == MISTAKES


def test_check_prints_mistakes_for_machines(directory):
    broken(directory)
    result = run("check", "--json", directory.policies)
    found = json.loads(result.stdout)
    assert result.returncode == 3
    assert len(found) == 9
    assert {"file": "gateway.lua", "line": 8, "severity": "error",
            "message": "key: certs/gateway.key: no such file in the directory"} in found


def test_check_warns_of_what_loads_and_will_surprise(directory):
    directory.partner("alpha", "001-01", TLS_FIRST, follows=None)
    directory.renew(not_after=5.5 * DAY)
    directory.write("shared/hub.lua", HUB)
    directory.write("lib/used.lua", "return {}\n")
    directory.write("lib/unused.lua", "return {}\n")
    directory.write("lib/broken.lua", "return\n")
    directory.write("default.lua", 'local x = sepp.require "used"\n'
                                   'return sepp.policy { api = 1, name = "default" }\n')
    directory.write("shared/recipe.lua", HUB.replace('"hub"', '"recipe"'))
    directory.write("tests/a_test.lua", '-- test.partner "alpha", test.policy "recipe"\n')
    result = run("check", directory.policies)
    warnings = [line for line in result.stdout.splitlines() if "warning" in line]
    assert result.returncode == 0, result.stderr
    assert warnings == [
        "gateway.lua:7: warning: certificate 'certs/gateway.pem' expires in 5 days",
        "lib/broken.lua: warning: the file must end with 'return M', a table or function "
        "(nothing needs this file)",
        "lib/unused.lua: warning: nothing requires it",
        "shared/hub.lua:2: warning: no partner follows it, and no test names it; write follows = "
        "\"hub\" in a file of partners/"]


def test_check_warns_of_a_policy_that_is_followed_in_vain(directory):
    directory.renew(not_after=400 * DAY)
    directory.partner("alpha", "001-01", TLS_FIRST, follows="hub")
    directory.write("shared/hub.lua", HUB)
    directory.write("tests/a_test.lua", '-- test.partner "alpha", test.policy "hub", "default"\n')
    assert ("follows 'hub' in vain: its own hooks answer all that it would"
            in run("check", directory.policies).stdout)
    directory.partner("alpha", "001-01", KEEP, follows="hub")
    assert "in vain" not in run("check", directory.policies).stdout


def test_check_warns_when_nobody_decides_and_when_nothing_is_tested(directory):
    directory.renew(not_after=400 * DAY)
    directory.partner("alpha", "001-01", KEEP)
    directory.write("default.lua", 'return sepp.policy { api = 1, name = "default" }\n')
    assert run("check", directory.policies).stdout.splitlines()[:2] == [
        "partners/alpha.lua: warning: no test names it; write one in tests/",
        "partners/alpha.lua: warning: nobody defines select_capability for 'alpha'; "
        "every request will be answered 500"]


def test_check_warns_of_anchors_that_expire(directory):
    directory.renew(not_after=400 * DAY)
    directory.partner("alpha", "001-01", TLS_FIRST)
    directory.home.issue(["root.example.org"], directory.policies / "anchors/alpha.pem",
                         directory.root / "unused.key", not_after=5.5 * DAY)
    assert ("partners/alpha.lua:6: warning: a certificate of anchors 'anchors/alpha.pem' "
            "expires in 5 days\n") in run("check", directory.policies).stdout


def mistakes_of(directory):
    result = run("check", directory.policies)
    assert result.returncode == 3
    return result.stderr.splitlines()


def test_check_tells_a_mistake_once_that_several_files_need(directory):
    directory.write("lib/tool.lua", "return {\n")
    for name, plmn in ("alpha", "001-01"), ("beta", "262-02"):
        directory.partner(name, plmn, 'local tool = sepp.require "tool"\n')
    assert mistakes_of(directory) == ["lib/tool.lua:2: unexpected symbol near <eof>",
                                      "1 mistake in 1 file"]


def test_check_goes_on_with_a_file_of_which_only_the_mode_is_wrong(directory):
    directory.partner("alpha", "001-01", TLS_FIRST)
    (directory.policies / "anchors/alpha.pem").chmod(0o664)
    assert mistakes_of(directory) == [
        "anchors/alpha.pem: may be written by group or others (mode 664); chmod go-w it",
        "1 mistake in 1 file"]


def test_check_does_not_take_a_comment_for_the_line_of_a_field(directory):
    directory.partner("alpha", "001-01", TLS_FIRST, follows="nobody")
    path = directory.policies / "partners/alpha.lua"
    path.write_text('-- follows = "somebody"\n' + path.read_text())
    assert mistakes_of(directory)[0].startswith("partners/alpha.lua:13: follows 'nobody'")


def test_check_of_no_directory_says_so(tmp_path):
    result = run("check", tmp_path / "nowhere")
    assert result.returncode == 3
    assert result.stderr == f"cannot open the directory '{tmp_path}/nowhere': No such file or directory\n"


# --- journal


def decision(number, partner="alpha", verdict="select", reason="", hook="select_capability", **more):
    """A line of a journal, as the daemon writes it."""
    answer = {"verdict": verdict, **({"capability": "PRINS"} if verdict == "select" else {})}
    return json.dumps({
        "id": f"019b75d36c28-00-{number:06x}", "time": f"2026-01-31T23:00:{number % 60:02}.000Z",
        "hook": hook, "partner": partner, "generation": 1, "digest": "ab" * 32,
        "input": {"hook": hook, "peer": {"name": partner, "established": "PRINS"}},
        "answer": answer, "at": f"partners/{partner}.lua:{number}", "reason": reason, "notes": [],
        "fuel": 100 + number, "microseconds": number, "outcome": "200", **more})


@pytest.fixture(scope="module")
def journal(tmp_path_factory):
    path = tmp_path_factory.mktemp("journal") / "decisions.jsonl"
    path.write_text("\n".join([
        decision(1), decision(2, "beta", "reject", "downgrade: beta used PRINS before"),
        "not of this world", decision(3), '{"valid": "but something else"}', "[1]", "x" * 200000,
        decision(4, "beta", "failed", "escape \x1b[31m from \u202e here"),
        decision(5, hook="retain_connection", verdict="retain"), decision(6)[:-20]]))
    return path


def ids(result):
    return [int(json.loads(line)["id"][-6:], 16) for line in result.stdout.splitlines()]


def test_journal_prints_a_line_for_each_decision(journal):
    result = run("journal", journal)
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert lines[:2] == [
        "2026-01-31T23:00:01.000Z alpha select_capability select PRINS partners/alpha.lua:1 200 "
        "fuel 101 1 us",
        "2026-01-31T23:00:02.000Z beta select_capability reject partners/beta.lua:2 200 "
        "fuel 102 2 us downgrade: beta used PRINS before"]
    assert len(lines) == 5


def test_journal_counts_lines_that_are_no_decisions_and_goes_on(journal):
    assert run("journal", journal).stderr == (
        "parleyctl: 5 lines are no decision: torn, or of something else; "
        f"the first is {journal}:3\n")


def test_journal_prints_nothing_that_a_terminal_obeys(journal):
    result = run("journal", journal, "--verdict", "failed")
    assert r"escape \x1b[31m from \xe2\x80\xae here" in result.stdout


@pytest.mark.parametrize("options, wanted", [
    (["--partner", "beta"], [2, 4]),
    (["--partner=beta", "--verdict=failed"], [4]),
    (["--hook", "retain_connection"], [5]),
    (["--since", "2026-01-31T23:00:03"], [3, 4, 5]),
    (["--since", "2026-01-31 23:00:03Z", "--until", "2026-01-31T23:00:04"], [3, 4]),
    (["--since", "1769900403", "--until", "2026-01-31"], [3, 4, 5]),
    (["--since", "1d"], []),
    (["--last", "2"], [4, 5]),
    (["--last", "1", "--partner", "alpha"], [5]),
    (["--last", "50"], [1, 2, 3, 4, 5]),
    (["--id", "019b75d36c28-00-000003"], [3]),
])
def test_journal_picks_what_was_asked_for(journal, options, wanted):
    assert ids(run("journal", journal, "--json", *options)) == wanted
    assert ids(run("--json", "journal", *options, journal)) == wanted


def test_journal_prints_one_record_in_full(journal):
    result = run("journal", journal, "--id", "019b75d36c28-00-000002")
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert result.returncode == 0
    assert lines[0] == f"{'id':28} 019b75d36c28-00-000002"
    assert lines[6:8] == ["answer", f"  {'verdict':26} reject"]
    assert f"{'reason':28} downgrade: beta used PRINS before" in lines
    assert lines[-3:] == ["  peer", f"    {'established':24} PRINS", f"    {'name':24} beta"]


def test_journal_without_the_id_fails_with_1(journal):
    assert run("journal", journal, "--id", "nobody").returncode == 1


def test_journal_says_what_there_is_when_nothing_matches(journal):
    result = run("journal", journal, "--partner", "alhpa")
    assert (result.returncode, result.stdout) == (0, "")
    assert "no decision has the partner 'alhpa'; there are: alpha, beta\n" in result.stderr


STATS = """\
5 decisions, 1 failures
2026-01-31T23:00:01.000Z to 2026-01-31T23:00:05.000Z
us    p50 3  p99 5  max 5
fuel  p50 103  p99 105  max 105

PARTNER                  HOOK                 VERDICT          DECISIONS
alpha                    select_capability    select PRINS             2
alpha                    retain_connection    retain                   1
beta                     select_capability    failed                   1
beta                     select_capability    reject                   1

DECISIONS  REASON
        1  downgrade: beta used PRINS before
        1  escape \\x1b[31m from \\xe2\\x80\\xae here
"""


def test_journal_sums_up(journal):
    assert run("journal", journal, "--stats").stdout == STATS


def test_journal_sums_up_for_machines(journal):
    stats = json.loads(run("journal", journal, "--stats", "--json").stdout)
    assert (stats["decisions"], stats["failures"]) == (5, 1)
    assert stats["us"] == {"p50": 3, "p99": 5, "max": 5}
    assert stats["groups"][0] == {"partner": "alpha", "hook": "select_capability",
                                  "verdict": "select PRINS", "decisions": 2}


def test_journal_percentiles_are_right_within_a_step(tmp_path):
    path = tmp_path / "many.jsonl"
    path.write_text("".join(decision(n) + "\n" for n in range(1, 2001)))
    stats = json.loads(run("journal", path, "--stats", "--json").stdout)
    assert abs(stats["us"]["p50"] / 1000 - 1) < 0.05
    assert abs(stats["us"]["p99"] / 1980 - 1) < 0.05
    assert stats["us"]["max"] == 2000


@pytest.mark.skipif("address" in program("") or "thread" in program(""),
                    reason="sanitizers need more memory than there is")
def test_journal_memory_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "long.jsonl"
    with path.open("w") as file:
        for _ in range(40):
            file.write((decision(1, reason="x" * 200) + "\n") * 1000)
        file.write("y" * 40_000_000)
    limited = ["sh", "-c", f"ulimit -v 60000; exec {program('parleyctl')} journal --stats '{path}'"]
    result = subprocess.run(limited, capture_output=True, text=True, timeout=60, check=False)
    assert result.stdout.startswith("40000 decisions"), result.stderr


def test_journal_reads_standard_input_and_several_files(journal):
    result = run("journal", "-", journal, "--json", stdin=decision(9))
    assert ids(result) == [9, 1, 2, 3, 4, 5]


def test_journal_that_is_not_there_fails_with_1(journal, tmp_path):
    result = run("journal", tmp_path / "nothing", journal, "--json")
    assert result.returncode == 1
    assert "nothing: No such file or directory" in result.stderr
    assert len(ids(result)) == 5


@pytest.mark.parametrize("arguments, words", [
    ([], "which journal?"),
    (["x", "--since", "yesterday"], "--since 'yesterday': write 2026-01-31"),
    (["x", "--last", "0"], "a number from 1 to"),
    (["x", "--nonsense"], "there is no option '--nonsense'"),
    (["x", "--partner"], "--partner needs a name"),
])
def test_journal_used_wrongly_fails_with_2(arguments, words):
    result = run("journal", *arguments)
    assert result.returncode == 2
    assert words in result.stderr and "usage: parleyctl journal" in result.stderr


# --- bench


def test_bench_times_each_hook_and_says_who_answered(shop):
    result = run("bench", "--json", "--seconds", "0.01", shop.policies)
    rows = json.loads(result.stdout)
    assert result.returncode == 0, result.stderr
    assert [(row["partner"], row["hook"], row["file"], row["verdict"]) for row in rows] == [
        ("alpha", "select_capability", "partners/alpha.lua", "select"),
        ("alpha", "retain_connection", "partners/alpha.lua", "retain"),
        ("beta", "select_capability", "shared/hub.lua", "select"),
        ("beta", "retain_connection", "default.lua", "retain")]
    for row in rows:
        assert 0 < row["p50_ns"] <= row["p99_ns"]
        assert row["p99_percent_of_p50"] == row["p99_ns"] * 100 // row["p50_ns"]
        assert row["decisions"] >= 500 and row["decisions_per_second"] > 1000
        assert row["image_bytes"] > 10000 and row["scratch_bytes"] > 0 and row["fuel"] >= 100


def test_bench_of_one_partner_prints_a_table(shop):
    result = run("bench", "--seconds", "0.01", shop.policies, "beta")
    lines = result.stdout.splitlines()
    assert result.returncode == 0, result.stderr
    assert lines[0].split()[:4] == ["PARTNER", "HOOK", "ANSWERED", "BY"]
    assert [line.split()[:4] for line in lines[1:]] == [
        ["beta", "select_capability", "shared/hub.lua", "select"],
        ["beta", "retain_connection", "default.lua", "retain"]]


def test_bench_fails_with_1_when_a_usual_decision_fails(directory):
    directory.partner("alpha", "001-01", select('error("no opinion")') + KEEP)
    result = run("bench", "--seconds", "0.01", directory.policies)
    assert result.returncode == 1
    assert "fails on a usual decision: partners/alpha.lua:" in result.stderr


@pytest.mark.parametrize("arguments, words", [
    (["alhpa"], "(did you mean 'alpha'?)"), (["--seconds", "soon"], "--seconds 'soon': a number"),
    (["alpha", "beta"], "usage: parleyctl bench")])
def test_bench_used_wrongly_fails_with_2(shop, arguments, words):
    result = run("bench", shop.policies, *arguments)
    assert result.returncode == 2
    assert words in result.stderr


# --- editor

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def edited(tmp_path_factory):
    """The example policies, with what the command writes."""
    folder = tmp_path_factory.mktemp("editor") / "policies"
    shutil.copytree(ROOT / "policies", folder)
    result = run("editor", folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout == "".join(
        f"wrote {folder}/{name}\n" for name in ("sepp.d.lua", ".luarc.json", ".luacheckrc"))
    return folder


def luacheck(folder, *files):
    return subprocess.run(["luacheck", "--no-color", "--codes", *files], cwd=folder, text=True,
                          capture_output=True, timeout=60, check=False)


def test_editor_lets_luacheck_find_nothing_in_the_examples(edited):
    result = luacheck(edited, ".")
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("text, words", [
    ("return os.time()", "undefined variable 'os'"),
    ("return string.dump(print)", "undefined field 'dump' of global 'string'"),
    ("return math.random()", "undefined field 'random' of global 'math'"),
    ("return sepp.TSL", "undefined field 'TSL' of global 'sepp'"),
    ("return sepp.purpose.ROMING", "undefined field 'purpose.ROMING'"),
    ("return setmetatable({}, {})", "undefined variable 'setmetatable'"),
    ("sepp.TLS = 1", "setting read-only field 'TLS' of global 'sepp'"),
    ("x = 1", "setting non-standard global variable 'x'"),
    ("return test.case", "undefined variable 'test'"),
    ("return request", "undefined variable 'request'")])
def test_editor_lets_luacheck_find_what_the_sandbox_does_not_have(edited, text, words):
    (edited / "bad.lua").write_text(text + "\n")
    result = luacheck(edited, "bad.lua")
    (edited / "bad.lua").unlink()
    assert result.returncode == 1
    assert words in result.stdout


def test_editor_lets_luacheck_know_what_tests_have(edited):
    assert luacheck(edited, "tests").returncode == 0
    (edited / "tests/a_test.lua").write_text('test.csae("x", function() end)\n')
    result = luacheck(edited, "tests/a_test.lua")
    (edited / "tests/a_test.lua").unlink()
    assert "undefined field 'csae' of global 'test'" in result.stdout


def test_editor_writes_lua_that_names_what_every_hook_can_see(edited):
    path = edited / "sepp.d.lua"
    text = path.read_text()
    subprocess.run(["luac5.4", "-p", path], check=True, timeout=60)
    page = (ROOT / "lua/README.md").read_text()
    section = page[page.index("## What a hook can see"):page.index("## The language")]
    names = {name.split("(")[0].lstrip(":") for name in re.findall(
        r"`(:?[a-z_0-9]+)(?:\([a-z_]*\))?`", "\n".join(
            line.split("|")[1] for line in section.splitlines() if line.startswith("| `")))}
    assert len(names) > 30
    for name in names - {"request", "peer", "event", "response", "report"}:
        assert re.search(rf"^---@field {name}\??\s", text, re.M), name
    for name in ("select", "prefer", "reject", "defer", "retain", "release", "note", "data"):
        assert f"function sepp.{name}(" in text
    assert "---@class sepp.partner.limits\n" in text
    assert "---@field TLS parley.capability\n" in text


TELLS = """test.case("all functions and no others are described", function()
  local n = 0
  for _ in pairs(test) do n = n + 1 end
  test.equal(n, %d)
end)
"""


def test_editor_describes_the_functions_of_tests_that_are_there(edited, tmp_path):
    names = re.findall(r"^function test\.(\w+)\(", (edited / "sepp.d.lua").read_text(), re.M)
    shutil.copytree(ROOT / "policies", tmp_path / "policies", dirs_exist_ok=True)
    test = tmp_path / "policies/tests/described_test.lua"
    test.write_text(TELLS % len(names) + "".join(
        f'test.case("{name}", function() test.equal(type(test.{name}), "function") end)\n'
        for name in names))
    result = run("test", tmp_path / "policies", test)
    assert len(names) > 15
    assert result.returncode == 0, result.stdout + result.stderr


def test_editor_writes_settings_of_the_language_server(edited):
    settings = json.loads((edited / ".luarc.json").read_text())
    assert settings["runtime.version"] == "Lua 5.4"
    assert settings["workspace.library"] == ["sepp.d.lua"]
    assert settings["runtime.builtin"] == dict.fromkeys(
        ["coroutine", "debug", "io", "os", "package", "utf8"], "disable")


def test_editor_does_not_change_what_the_daemon_would_load(directory):
    before = run("check", directory.policies).stdout
    assert run("editor", directory.policies).returncode == 0
    assert run("check", directory.policies).stdout == before
    assert "digest" in before


def test_editor_writes_its_own_files_again_and_leaves_nothing_else(edited):
    before = sorted(os.listdir(edited))
    (edited / ".luacheckrc").write_text("-- written by parleyctl editor\nstd = 'max'\n")
    assert run("editor", edited).returncode == 0
    assert "stds.parley" in (edited / ".luacheckrc").read_text()
    assert sorted(os.listdir(edited)) == before


def test_editor_overwrites_files_of_others_only_when_forced(directory):
    directory.write(".luacheckrc", "std = 'max'\n")
    result = run("editor", directory.policies)
    assert result.returncode == 1
    assert ".luacheckrc was written by somebody else; move it away, or say --force" in result.stderr
    assert not (directory.policies / "sepp.d.lua").exists()
    assert run("editor", "--force", directory.policies).returncode == 0
    assert "stds.parley" in (directory.policies / ".luacheckrc").read_text()


def test_editor_writes_into_directories_of_policies_only(tmp_path):
    result = run("editor", tmp_path)
    assert result.returncode == 1
    assert "holds no gateway.lua" in result.stderr
    assert os.listdir(tmp_path) == []


# --- eval


def request(sender=BETA, capabilities=("TLS", "PRINS"), plmn=("262", "02"), **more):
    return json.dumps({"sender": sender, "supportedSecCapabilityList": list(capabilities),
                       "plmnIdList": [{"mcc": plmn[0], "mnc": plmn[1]}], **more})


def explain(shop, body, *options, partner="beta"):
    return run("eval", shop.policies, partner, "-", *options, stdin=body)


EXPLAINED = """\
request     TLS, PRINS from sepp.5gc.mnc002.mcc262.3gppnetwork.org
hook        select_capability of beta
floor       ok       sender        'sepp.5gc.mnc002.mcc262.3gppnetwork.org' is a name of 'beta'
            ok       enabled       the partner is enabled
            ok       networks      its file or its certificate has every PLMN and SNPN that it claims
            ok       target        the target is ours, or none is named
            ok       purposes      none named: all that are agreed
            ok       capabilities  PRINS or TLS can be selected
answered by shared/hub.lua: 'beta' follows 'hub'

                   |     request = request
                   |     peer = peer
shared/hub.lua:5   |   local days = peer.certificate.days_left
                   |     days = 6
shared/hub.lua:6   |   if days < 7 then
shared/hub.lua:7   |     sepp.note("%d days left", days)
shared/hub.lua:8   |     return sepp.reject("certificate of %s: %d days left", peer.name, days)

answer      reject
            certificate of beta: 6 days left
at          shared/hub.lua:8
note        6 days left
cost        fuel N, N KiB, N us
"""


def test_eval_explains_a_decision_line_by_line(shop):
    result = explain(shop, request(), "--trace", "--peer", "cert_days_left=6")
    assert result.returncode == 0, result.stderr
    assert re.sub(r"(fuel |, )[\d.]+", r"\1N", result.stdout) == EXPLAINED


def test_eval_reads_a_file_and_prints_for_machines(shop, tmp_path):
    (tmp_path / "request.json").write_text(request())
    result = run("eval", shop.policies, "beta", tmp_path / "request.json", "--json", "--trace")
    told = json.loads(result.stdout)
    assert result.returncode == 0
    assert told["answer"] == {"verdict": "select", "capability": "PRINS"}
    assert (told["answered_by"], told["at"]) == ("shared/hub.lua", "shared/hub.lua:13")
    assert [step["line"] for step in told["trace"]] == [5, 6, 10, 13]
    assert [check["ok"] for check in told["floor"]] == [True] * 6
    assert told["input"]["request"]["sender"] == BETA
    assert told["fuel"] >= 100 and told["nanoseconds"] > 0


@pytest.mark.parametrize("partner, hook, words", [
    ("alpha", "select_capability", "partners/alpha.lua: its own file defines it"),
    ("beta", "select_capability", "shared/hub.lua: 'beta' follows 'hub'"),
    ("beta", "retain_connection",
     "default.lua: neither its own file nor what it follows defines it")])
def test_eval_says_who_answers_and_why(shop, partner, hook, words):
    assert "answered by " + words in explain(
        shop, request(), "--hook", hook, partner=partner).stdout


def test_eval_says_when_nobody_answers(shop):
    result = explain(shop, request(), "--hook", "on_error_report")
    assert result.returncode == 1
    assert "answered by nobody: neither its own file, nor what it follows" in result.stdout
    assert "nobody defines on_error_report" in result.stdout


@pytest.mark.parametrize("body, check, words", [
    (request(sender=ALPHA), "sender", f"'{ALPHA}' is a name of 'alpha', not of 'beta': 403"),
    (request(sender="sepp.example.org"), "sender", "no partner has 'sepp.example.org'"),
    (request(plmn=("310", "02")), "networks", "neither in its file nor in its certificate: 403"),
    (request(targetPlmnId={"mcc": "310", "mnc": "02"}), "target", "is not one of gateway.lua: 403"),
    (request(intendedUsagePurpose=[{"usagePurpose": "SMS_INTERCONNECT"}]), "purposes",
     "0 of 1 are agreed: 403 REQUESTED_PURPOSE_NOT_ALLOWED"),
    (request(capabilities=["ALS"]), "capabilities", "within the ceilings"),
    (request(capabilities=["NONE"]), "capabilities", "NONE ends what is agreed")])
def test_eval_says_what_would_refuse_before_the_policy_is_asked(shop, body, check, words):
    result = explain(shop, body)
    refusing = [line for line in result.stdout.splitlines() if "REFUSES" in line]
    assert result.returncode == 1
    assert re.search(rf"REFUSES +{check} ", refusing[0]) and words in refusing[0]
    assert f"the daemon would not have asked: {check} refuses first" in result.stdout


def test_eval_says_that_a_partner_is_disabled_or_sent_elsewhere(directory):
    directory.partner("beta", "262-02", TLS_FIRST, enabled=False, redirect="sepp.example.org")
    text = explain(directory, request()).stdout
    assert re.search(r"REFUSES +enabled +enabled = false in its file: 403", text)
    assert re.search(r"REFUSES +redirect +the partner is sent to sepp.example.org: 307", text)


def test_eval_prints_a_refusal_as_the_peer_would_get_it(shop):
    result = explain(shop, '{"sender": 1}')
    lines = result.stdout.splitlines()
    assert result.returncode == 1
    assert lines[:3] == [
        "refused     before any policy is asked, with 400 MANDATORY_IE_MISSING",
        "            /sender: must be an FQDN in a string",
        "            /supportedSecCapabilityList: missing"]
    problem = json.loads(lines[3].removeprefix("the peer    gets "))
    assert problem["cause"] == "MANDATORY_IE_MISSING" and len(problem["invalidParams"]) == 2


@pytest.mark.parametrize("options, words", [
    (["established=PRINS"], "downgrade: beta used PRINS before"),
    (["established=PRINS", "established=none"], "select TLS"),
    (["cert_days_left=-1"], "certificate of beta: -1 days left")])
def test_eval_takes_what_a_body_cannot_say(shop, options, words):
    peers = [part for option in options for part in ("--peer", option)]
    assert words in explain(shop, request(capabilities=["TLS"]), *peers).stdout


SEES = """sepp.note("%s %d %d %s", peer.established, peer.history.strikes, peer.counts.connections,
    peer.history.last_capability)
  sepp.note("%s %s %s", peer.flags["emergency"], peer.flags["other"], peer.source_address)
  sepp.note("%d %s", request.time, peer.certificate.issuer)
  return sepp.select(sepp.TLS)"""


def test_eval_shows_the_policy_what_was_set(directory):
    directory.partner("beta", "262-02", select(SEES))
    told = json.loads(explain(
        directory, request(), "--json", "--time", "2026-07-01 14:30", *(
            part for option in ("established=TLS", "strikes=3", "connections=9", "flag=emergency",
                                "flag=more", "last_capability=PRINS", "source_address=192.0.2.1:1",
                                "cert_issuer=CN=Nobody") for part in ("--peer", option))).stdout)
    assert told["notes"] == ["TLS 3 9 PRINS", "true false 192.0.2.1:1", "1782916200 CN=Nobody"]


def test_eval_asks_other_hooks_about_events(directory):
    directory.partner("beta", "262-02", """function partner.retain_connection(event, peer)
  return sepp.release("%s after %d", event.kind, event.age_s)
end
""")
    assert "IDLE after 60\n" in explain(directory, request(), "--hook", "retain_connection", "--peer",
                                        "event=IDLE", "--peer", "event_age_s=60").stdout


LOOP = """local sum = 0
  for i = 1, 1000 do
    sum = sum + i
  end
  return sepp.reject("%d", sum)"""


def test_eval_bounds_the_trace_of_a_loop(directory):
    directory.partner("beta", "262-02", select(LOOP))
    result = explain(directory, request(), "--trace")
    trace = [line for line in result.stdout.splitlines() if line.startswith("partners/beta.lua:")]
    assert len(trace) == 500
    assert "... and 1503 lines more\n" in result.stdout
    assert "sum = 3\n" in result.stdout and "            500500\n" in result.stdout


NESTED = """local function double(n)
    local twice = n * 2
    return twice
  end
  local x = double(4)
  return sepp.reject("%d", x)"""


def test_eval_follows_calls_and_their_variables(directory):
    directory.partner("beta", "262-02", select(NESTED))
    trace = explain(directory, request(), "--trace").stdout
    steps = [line.split("|", 1)[1].strip() for line in trace.splitlines() if " | " in line]
    assert steps[steps.index("local x = double(4)"):] == [
        "local x = double(4)", "n = 4", "local twice = n * 2", "twice = 8", "return twice", "x = 8",
        'return sepp.reject("%d", x)']


def test_eval_of_a_policy_that_fails_says_where(directory):
    directory.partner("beta", "262-02", select('error("no opinion")'))
    result = explain(directory, request())
    assert result.returncode == 1
    assert re.search(r"answer +failed\n +partners/beta.lua:(\d+): no opinion\nat +partners/beta.lua:\1",
                     result.stdout)


def recorded(verdict="select", capability="TLS", **peer):
    """A line of a journal that beta's PRINS-only days left behind."""
    answer = {"verdict": verdict, **({"capability": capability} if capability else {})}
    return json.dumps({
        "id": "019b75d36c28-00-00002a", "time": "2026-01-31T23:59:59.001Z",
        'odd": 1, "key': "a \"brace\" { and \\",
        "hook": "select_capability", "partner": "beta", "generation": 3, "digest": "ab" * 32,
        "input": {
            "hook": "select_capability", "time": 1769903999, "offer": ["PRINS", "TLS"],
            "purposes": ["ROAMING"], "request": json.loads(request()),
            "peer": {"name": "beta", "plmns": ["262-02"],
                     "certificate": {"dns_names": [BETA], "days_left": 99}, **peer}},
        "answer": answer, "at": "shared/hub.lua:9", "reason": "the reason then", "notes": [],
        "fuel": 103, "microseconds": 3, "outcome": "200"}, separators=(",", ":"))


def test_eval_of_a_record_compares_then_and_now(shop):
    result = explain(shop, recorded())
    assert result.returncode == 1
    assert "floor" not in result.stdout
    assert re.search(r"answer +select PRINS\n", result.stdout)
    assert re.search(r"recorded +select TLS at shared/hub.lua:9\n +the reason then\n +"
                     r"DIFFERS in 019b75d36c28-00-00002a\n", result.stdout)


def test_eval_of_a_record_that_is_still_decided_so_succeeds(shop):
    result = explain(shop, recorded(capability="PRINS"))
    assert result.returncode == 0, result.stdout
    assert "the same in 019b75d36c28-00-00002a" in result.stdout
    told = json.loads(explain(shop, recorded(capability="PRINS"), "--json").stdout)
    assert told["differs"] is False and told["recorded"]["generation"] == 3


def test_eval_of_a_record_uses_its_input(shop):
    body = recorded("reject", None, established="PRINS", certificate={"days_left": 3})
    result = explain(shop, body)
    assert "certificate of beta: 3 days left" in result.stdout
    assert result.returncode == 0, result.stdout


def test_eval_of_a_record_with_a_mistake_says_where(shop):
    result = explain(shop, recorded(establishd="PRINS"))
    assert result.returncode == 1
    assert "input: peer: unknown member 'establishd' (did you mean 'established'?)" in result.stderr


@pytest.mark.parametrize("arguments, status, words", [
    (["alhpa", "-"], 2, "(did you mean 'alpha'?)"),
    (["alpha"], 2, "usage: parleyctl eval"),
    (["alpha", "-", "--hook", "select"], 2, "there is no hook 'select'"),
    (["alpha", "-", "--peer", "strieks=1"], 2, "(did you mean 'strikes'?)"),
    (["alpha", "-", "--peer", "strikes"], 2, "write FIELD=VALUE"),
    (["alpha", "-", "--peer", "strikes=-1"], 2, "a number, 0 or more, expected"),
    (["alpha", "-", "--peer", "established=ALS"], 2, "TLS, PRINS or none expected"),
    (["alpha", "-", "--peer", "event=SOON"], 2, "NEGOTIATED, IDLE"),
    (["alpha", "-", "--time", "soon"], 2, "--time 'soon': is no date"),
    (["alpha", "/nowhere.json"], 1, "/nowhere.json: No such file or directory")])
def test_eval_used_wrongly_says_so(shop, arguments, status, words):
    result = run("eval", shop.policies, *arguments, stdin=request())
    assert result.returncode == status
    assert words in result.stderr


@pytest.mark.parametrize("command", ["eval", "bench"])
def test_commands_that_decide_need_a_directory_that_loads(directory, command):
    directory.partner("beta", "262-02", "retrun 1")
    arguments = ["beta", "-"] if command == "eval" else []
    result = run(command, directory.policies, *arguments, stdin=request())
    assert result.returncode == 3
    assert "partners/beta.lua:14: syntax error near '1'" in result.stderr


@pytest.mark.parametrize("redirection", [">/dev/full", ">&-"])
@pytest.mark.parametrize("command", ["eval {} alpha -", "eval {} alpha - --json", "test {}", "journal -",
                                     "bench --seconds 0.01 {} alpha", "--help", "test --help"])
def test_what_cannot_be_printed_is_no_success(shop, command, redirection):
    words = command.format(shop.policies)
    text = recorded(capability="PRINS") + "\n" if "journal" in command else request()
    done = subprocess.run(["sh", "-c", f'"$0" {words} {redirection}', program("parleyctl")], input=text,
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1
    assert done.stderr.endswith("parleyctl: cannot write to the standard output\n")


@pytest.mark.parametrize("command", ["status", "partners", "reload", "rollback", "flag", "negotiate", "contexts",
                                     "terminate", "report", "states", "check", "test", "eval", "bench", "editor",
                                     "journal"])
def test_every_command_explains_itself(command):
    done = run(command, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"usage: parleyctl {command}")
