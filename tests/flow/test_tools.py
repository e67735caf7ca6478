# SPDX-License-Identifier: MIT
"""The commands of parleyctl that need no daemon, on directories made for the purpose."""

import json
import os
import pathlib
import subprocess

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory, select
from lib.gateway import program
from pki import DAY

ALPHA = "sepp.5gc.mnc001.mcc001.3gppnetwork.org"
BETA = "sepp.5gc.mnc002.mcc262.3gppnetwork.org"


def run(*arguments, stdin=""):
    """A finished parleyctl; stdout, stderr, returncode."""
    return subprocess.run([program("parleyctl"), *map(str, arguments)], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)


def renew(directory, days):
    """A certificate of the gateway that is good for so long."""
    directory.home.issue([directory.fqdn], directory.policies / "certs/gateway.pem",
                         directory.policies / "certs/gateway.key", not_after=days * DAY)


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """A directory that tests look at and do not change: alpha decides itself, beta has a hub."""
    directory = Directory(tmp_path_factory.mktemp("tools"))
    renew(directory, 400)
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
    renew(directory, 5.5)
    directory.write("shared/hub.lua", HUB)
    directory.write("lib/used.lua", "return {}\n")
    directory.write("lib/unused.lua", "return {}\n")
    directory.write("lib/broken.lua", "return\n")
    directory.write("default.lua", 'local x = sepp.require "used"\n'
                                   'return sepp.policy { api = 1, name = "default" }\n')
    directory.write("tests/a_test.lua", '-- test.policy "alpha", test.policy "hub"\n')
    result = run("check", directory.policies)
    warnings = [line for line in result.stdout.splitlines() if "warning" in line]
    assert result.returncode == 0, result.stderr
    assert warnings == [
        "gateway.lua:7: warning: certificate 'certs/gateway.pem' expires in 5 days",
        "lib/broken.lua: warning: the file must end with 'return M', a table or function "
        "(nothing needs this file)",
        "lib/unused.lua: warning: nothing requires it",
        "shared/hub.lua:2: warning: no partner follows it; write follows = \"hub\" in a file of "
        "partners/"]


def test_check_warns_when_nobody_decides_and_when_nothing_is_tested(directory):
    renew(directory, 400)
    directory.partner("alpha", "001-01", KEEP)
    directory.write("default.lua", 'return sepp.policy { api = 1, name = "default" }\n')
    assert run("check", directory.policies).stdout.splitlines()[:2] == [
        "partners/alpha.lua: warning: nobody defines select_capability for 'alpha'; "
        "every request will be answered 500",
        "partners/alpha.lua: warning: no test names it; write one in tests/"]


def test_check_of_no_directory_says_so(tmp_path):
    result = run("check", tmp_path / "nowhere")
    assert result.returncode == 3
    assert result.stderr == f"cannot open the directory '{tmp_path}/nowhere': No such file or directory\n"
