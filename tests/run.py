#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs every test and ends with one line: N passed, N failed[, N skipped].

    PARLEY_BUILD=build tests/run.py [TEXT]      only what has TEXT in its name

Four kinds: the unit test binaries of BUILD/unit (cmocka, TAP), the tests of policies/ (parleyctl test),
the flow tests (pytest), and the conformance cases. Each prints its own lines; what failed is named again at the end.
"""

import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / os.environ.get("PARLEY_BUILD", "build")
UNIT_S, FLOW_S, CONFORMANCE_S = 300, 1500, 600
# Of programs with a single thread: PARLEY_TESTS=daemon leaves them to the other runs.
OFFLINE = ("test_mistakes.py", "test_runner.py", "test_tools.py")


class Tally:
    def __init__(self):
        self.passed, self.skipped, self.failures = 0, 0, []

    def fail(self, name):
        self.failures.append(name)


def environment():
    """Sanitizers end the process at the first finding; gcc's thread sanitizer needs a list."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PARLEY_BUILD=str(BUILD))
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
    if BUILD.name in ("thread", "address-undefined"):
        env.setdefault("PARLEY_SLOWNESS", "4")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
    suppressions = ROOT / "tests/lint/tsan.supp"
    env.setdefault("TSAN_OPTIONS", f"halt_on_error=1:exitcode=99:suppressions={suppressions}")
    return env


def run(command, seconds):
    """The exit status and the output; a command that does not end is a failure with what it said."""
    try:
        done = subprocess.run(command, cwd=ROOT, env=environment(), timeout=seconds, text=True,
                              errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              check=False)
        return done.returncode, done.stdout
    except subprocess.TimeoutExpired as late:
        said = late.stdout or b""
        return -1, (said.decode(errors="replace") if isinstance(said, bytes) else said) + "\ntimed out"


def run_unit(tally, only):
    binaries = [b for b in sorted((BUILD / "unit").glob("test_*")) if not b.suffix]
    if not binaries:
        tally.fail(f"{BUILD.name}/unit: holds no test; make units builds them")
    for binary in binaries:
        if only not in binary.name:
            continue
        status, output = run([str(binary)], UNIT_S * int(environment().get("PARLEY_SLOWNESS", "1")))
        passed = re.findall(r"^ok \d+ - (\S+)", output, re.M)
        skipped = re.findall(r"^ok \d+ - \S+ # SKIP", output, re.M)
        failed = re.findall(r"^not ok \d+ - (\S+)", output, re.M)
        tally.passed += len(passed) - len(skipped)
        tally.skipped += len(skipped)
        for name in failed:
            tally.fail(f"{binary.name}: {name}")
        if status != 0 and not failed:
            tally.fail(f"{binary.name}: ended with status {status}")
        print(f"unit {binary.name}: {len(passed)} ok, {len(failed)} not")
        if status != 0:
            print(output)


def run_flow(tally, only):
    with tempfile.TemporaryDirectory() as folder:
        report = pathlib.Path(folder) / "report.xml"
        select = ["-k", only] if only else []
        if os.environ.get("PARLEY_TESTS") == "daemon":
            select += [f"--ignore=tests/flow/{name}" for name in OFFLINE]
        status, output = run(["/usr/bin/python3", "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                              f"--junitxml={report}", "tests/flow", *select], FLOW_S)
        print(output)
        if not report.exists():
            tally.fail(f"tests/flow: ended with status {status} and without a report")
            return
        count_report(tally, report)
        if status not in (0, 1, 5):
            tally.fail(f"tests/flow: ended with status {status}")


def run_policies(tally, only):
    """The tests of the example directory, with the runner that comes with the product."""
    status, output = run([str(BUILD / "parleyctl"), "test", "policies", "--format", "json", "--run", only,
                          *([] if only else ["--coverage", "--min-coverage", "95"])],
                         FLOW_S)
    try:
        files = json.loads(output)["files"]
    except ValueError:
        files = []
    cases = [(file["path"], case) for file in files for case in file["cases"]]
    for path, case in cases:
        if case["passed"]:
            tally.passed += 1
        else:
            tally.fail(f"policies/{path}: {case['name']}: {case['message']}")
    failed = sum(not case["passed"] for _, case in cases)
    if status != 0 and not failed and (cases or not only):
        tally.fail(f"policies: parleyctl test ended with status {status}: {output.strip()}")
    print(f"policies: {len(cases) - failed} ok, {failed} not")


def count_report(tally, report):
    for case in ElementTree.parse(report).iter("testcase"):
        name = f"{case.get('classname')}: {case.get('name')}"
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fail(name)
        elif case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1


def run_conformance(tally, only):
    status, output = run(["/usr/bin/python3", "-B", "tests/conformance/run.py",
                          *(["--only", only] if only else [])], CONFORMANCE_S)
    print(output)
    for line in output.splitlines():
        if line.startswith("ok "):
            tally.passed += 1
        elif line.startswith("not yet "):
            tally.skipped += 1
        elif line.startswith("FAIL "):
            tally.fail(f"conformance: {line[5:]}")
    if status not in (0, 1):
        tally.fail(f"conformance: ended with status {status}")


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    tally = Tally()
    for part in (run_unit, run_policies, run_flow, run_conformance):
        part(tally, only)
        sys.stdout.flush()
    for name in tally.failures:
        print(f"FAILED {name}")
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {len(tally.failures)} failed{skipped}")
    return 1 if tally.failures or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
