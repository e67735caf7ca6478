# SPDX-License-Identifier: MIT
"""The pages for operators, against the programs: what they print, and what can be typed."""

import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lib.gateway import parleyctl, program
from lib.waiting import SLOWNESS

ROOT = pathlib.Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "policies/README.md").read_text()
FOLLOWED_S = DEMO_S = 60


def samples(page):
    """All of them, as (language, text): the end of one is not taken for the begin of another."""
    found = re.findall(r"^( *)```(\w*)\n(.*?)^ *```$", page, re.M | re.S)
    return [(language, re.sub(f"^{indent}", "", text, flags=re.M)) for indent, language, text in found]


def of(page, language):
    """The texts of those in one language, in their order."""
    return [text for found, text in samples(page) if found == language]


def commands():
    """The commands that parleyctl knows, with their usage."""
    return dict(re.findall(r"^  ([a-z]+)(.*)$", parleyctl("--help").stdout, re.M))


def states():
    text = parleyctl("states").stdout.split("\n\n", maxsplit=1)[0]
    return [line.split()[0] for line in text.splitlines()[1:]]


# --- states

def test_the_guide_shows_the_states_as_parleyctl_does():
    assert parleyctl("states").stdout in of(GUIDE, "")


def test_the_guide_says_what_to_do_about_each_state():
    table = GUIDE[GUIDE.index("What to look at at night"):].split("\n\n")[1]
    rows = [line.split("|")[1] for line in table.splitlines()[2:]]
    assert sorted(re.findall(r"`(\w+)`", " ".join(rows))) == sorted(states())


# --- the operator's guide

SCRIPT = """set -eu
{start}
finish() {{
  {kill}
}}
trap finish EXIT
{ask}
cat >@/partners/nordic_tel.lua <<'END'
{partner}END
cat >@/tests/nordic_tel_test.lua <<'END'
{test}END
! {run_test}
sed -i '/^function/,/^end/d; /^return partner/d' @/partners/nordic_tel.lua
cat >>@/partners/nordic_tel.lua <<'END'
{hook}return partner
END
{activate}
{rollback}
"""


def script_of(folder):
    """What the guide tells to type and to write, up to the rollback."""
    start, ask, end, run_test, activate, rollback = of(GUIDE, "sh")[:6]
    partner, test, hook = of(GUIDE, "lua")
    text = SCRIPT.format(start=start, kill=end.splitlines()[0], ask=ask, partner=partner, test=test, run_test=run_test,
                         hook=hook, activate=activate, rollback=rollback.splitlines()[0])
    text = text.replace("/tmp/operator", str(folder)).replace("@", str(folder))
    return text.replace("build/", f"{pathlib.Path(program('parleyctl')).parent}/")


def test_the_guide_can_be_followed(tmp_path):
    done = subprocess.run(["sh", "-c", script_of(tmp_path / "operator")], cwd=ROOT, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=FOLLOWED_S * SLOWNESS)
    said = done.stdout
    assert done.returncode == 0, said
    for words in ('"selectedSecCapability":"TLS"', "select TLS    partners/example_mobile.lua",
                  "expected reject, got select", "would be accepted", "generation 2 is active",
                  "nordic-tel           select_capability  select TLS", "generation 1 is active again"):
        assert words in said, said


def test_the_front_page_shows_a_partner_that_passes_its_test(tmp_path):
    shutil.copytree(ROOT / "policies", tmp_path / "policies")
    partner, test = of((ROOT / "README.md").read_text(), "lua")
    (tmp_path / "policies/partners/nordic_tel.lua").write_text(partner)
    (tmp_path / "policies/tests/nordic_tel_test.lua").write_text(test)
    done = parleyctl("test", tmp_path / "policies", "tests/nordic_tel_test.lua")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 passed, 0 failed"), done.stdout


# --- manual pages

def test_the_manual_has_every_command_and_its_options():
    page = (ROOT / "src/prog/parleyctl.1").read_text()
    assert len(commands()) > 10
    for name, usage in commands().items():
        assert re.search(rf"^\.It Cm {name}\b", page, re.M), name
        for option in re.findall(r"--([a-z-]+)", usage):
            assert f"Fl Fl {option}" in page, f"{name} --{option}"


def test_the_manual_has_every_request_of_the_admin_api():
    page = (ROOT / "src/prog/parleyd.8").read_text()
    routes = re.findall(r'{ "(GET|POST)", "(/[^"]+)"', (ROOT / "src/admin/admin.c").read_text())
    assert len(routes) > 10
    for method, path in routes:
        assert f"{method} {path}" in page, f"{method} {path}"


# --- metrics

def test_every_metric_has_a_help_and_a_type_before_its_samples(directory, start):
    directory.partner("alpha", "001-01")
    heads, values = {}, set()
    for line in start().admin("GET", "/metrics")[1].splitlines():
        kind, name = re.match(r"(?:# (HELP|TYPE) )?(\w+)", line).groups()
        if kind:
            heads.setdefault(name, []).append(kind)
        else:
            assert heads.get(name) == ["HELP", "TYPE"], line
            values.add(name)
    assert set(heads) == values


# --- the demo

@pytest.fixture(scope="module")
def played():
    """What the demo prints, and its exit status."""
    env = {name: value for name, value in os.environ.items() if name != "KEEP"}
    env["B"] = str(pathlib.Path(program("parleyd")).parent)
    return subprocess.run([ROOT / "tests/demo/demo.sh"], env=env, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, timeout=DEMO_S * SLOWNESS)


def test_the_demo_ends_as_expected(played):
    assert played.returncode == 0, played.stdout
    assert played.stdout.endswith("All as expected.\n"), played.stdout


VARIES = r"parley-demo\.\w+|\b[0-9a-f]{12,16}\b|\d\d\d\d-\d\d-\d\dT[\d:]+Z|\d+ us|initiator|responder| +"


def test_the_front_page_shows_what_the_demo_prints(played):
    printed = {re.sub(VARIES, "*", line) for line in played.stdout.splitlines()}
    for line in of((ROOT / "README.md").read_text(), "")[0].splitlines():
        assert re.sub(VARIES, "*", line) in printed, line
