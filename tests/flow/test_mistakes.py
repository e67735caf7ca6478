# SPDX-License-Identifier: MIT
"""Whoever writes the first policy of their life is told what to write instead: tests/mistakes."""

import json
import os
import pathlib
import subprocess

import pytest

from lib.gateway import program
import pki

FOLDER = pathlib.Path(__file__).resolve().parents[1] / "mistakes"
NAMES = sorted(path.stem for path in FOLDER.glob("*.lua"))

GATEWAY = f"""return sepp.gateway {{
  api = 1, fqdn = "{pki.fqdn('999-70')}", plmns = {{ "999-70" }}, capabilities = {{ sepp.PRINS, sepp.TLS }},
  certificate = "certs/gateway.pem", key = "certs/gateway.key", n32c = {{ listen = {{ "127.0.0.1:0" }} }},
}}
"""
DEFAULT = """local policy = sepp.policy { api = 1, name = "default" }
return policy
"""
ALPHA = f"""local partner = sepp.partner {{
  api = 1, name = "alpha", fqdns = {{ "{pki.fqdn('262-01')}" }}, plmns = {{ "262-01" }},
  anchors = "anchors/alpha.pem", capabilities = {{ sepp.PRINS, sepp.TLS }},
}}
function partner.select_capability()
  return sepp.select(sepp.TLS)
end
return partner
"""
TEST = """local alpha = test.partner "alpha"
test.case("TLS is selected", function()
  local request = test.request { capabilities = { sepp.TLS } }
  test.verdict(alpha:select_capability(request, test.peer { established = sepp.PRINS }), "select")
  test.verdict(alpha:select_capability(request), "select")
end)
"""


def place_of(name):
    if name.startswith("gateway_"):
        return "gateway.lua"
    return "tests/alpha_test.lua" if name.endswith("_test") else "partners/alpha.lua"


def said_about(name, folder):
    files = {"gateway.lua": GATEWAY, "default.lua": DEFAULT, "partners/alpha.lua": ALPHA,
             "tests/alpha_test.lua": TEST}
    files[place_of(name)] = (FOLDER / f"{name}.lua").read_text()
    for path, text in files.items():
        pki.write(folder / path, text.encode(), 0o644)
    done = subprocess.run([program("parleyctl"), "test", "--format", "json", folder], text=True,
                          capture_output=True, timeout=30, check=False)
    if not done.stdout:
        return done.returncode, done.stderr
    results = json.loads(done.stdout)["files"][0]
    said = [results["error"]] if "error" in results else []
    said += [case["message"] for case in results["cases"] if not case["passed"]]
    return done.returncode, "\n".join(said) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_message_says_where_and_what_to_write(name, tmp_path):
    golden = FOLDER / f"{name}.txt"
    status, said = said_about(name, tmp_path)
    if os.environ.get("MISTAKES") == "write":
        golden.write_text(said)
    assert status in (1, 3)
    assert place_of(name) in said
    assert said == golden.read_text()
