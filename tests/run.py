#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs every test and ends with one line: N passed, N failed[, N skipped].

    PARLEY_BUILD=build tests/run.py [TEXT]      only what has TEXT in its name

Four kinds: the unit test binaries of BUILD/unit (cmocka, TAP), the tests of policies/ (parleyctl test),
the flow tests (pytest, a process for each file), and the conformance cases.  Most of their time is
waiting, so that several run at once: PARLEY_JOBS, or one more than there are cores, or with a
sanitizer, which has them work, as many.  Each prints its
own lines, in the same order every time; what failed is named again at the end.
"""

from concurrent.futures import ThreadPoolExecutor
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
from typing import Callable
import xml.etree.ElementTree as ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / os.environ.get("PARLEY_BUILD", "build")
IS_SLOW = BUILD.name in ("thread", "address-undefined")
JOBS = int(os.environ.get("PARLEY_JOBS", os.cpu_count() + (0 if IS_SLOW else 1)))
UNIT_S, FLOW_S, CONFORMANCE_S = 300, 1500, 600
# What takes longest begins first; whatever is not named here comes after it.
LONG = ("conformance", "test_revocation", "test_pairs", "test_convergence", "test_agreement",
        "test_retention", "test_documents", "test_tools", "test_limits", "test_garbage",
        "test_hammer", "test_sepp_lineage", "test_script_attacks")
# Of programs with a single thread: PARLEY_TESTS=daemon leaves them to the other runs.
OFFLINE = ("test_mistakes", "test_runner", "test_tools")


class Tally:
    def __init__(self):
        self.passed, self.skipped, self.failures = 0, 0, []

    def fail(self, name):
        self.failures.append(name)


@dataclasses.dataclass
class Job:
    """A command that may run beside others, and count(tally, job, status, output), which prints."""

    name: str
    command: list
    seconds: int
    count: Callable

    def run(self):
        """The exit status and the output; what does not end has failed with what it said."""
        try:
            done = subprocess.run(self.command, cwd=ROOT, env=environment(), timeout=self.seconds,
                                  text=True, errors="replace", stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, check=False)
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            said = late.stdout or b""
            said = said.decode(errors="replace") if isinstance(said, bytes) else said
            return -1, said + "\ntimed out"


def environment():
    """Sanitizers end the process at the first finding; gcc's thread sanitizer needs a list."""
    env = dict(os.environ, CMOCKA_MESSAGE_OUTPUT="TAP", PARLEY_BUILD=str(BUILD),
               PYTHONPYCACHEPREFIX=str(BUILD / "pycache"))
    env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99")
    if IS_SLOW:
        env.setdefault("PARLEY_SLOWNESS", "4")
    env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=1:exitcode=99")
    suppressions = ROOT / "tests/lint/tsan.supp"
    env.setdefault("TSAN_OPTIONS", f"halt_on_error=1:exitcode=99:suppressions={suppressions}")
    return env


# --- the jobs

def unit_jobs(tally, only):
    binaries = [b for b in sorted((BUILD / "unit").glob("test_*")) if not b.suffix]
    if not binaries:
        tally.fail(f"{BUILD.name}/unit: holds no test; make units builds them")
    seconds = UNIT_S * int(environment().get("PARLEY_SLOWNESS", "1"))
    return [Job(b.name, [str(b)], seconds, count_unit) for b in binaries if only in b.name]


def policies_job(only):
    """The tests of the example directory, with the runner that comes with the product."""
    return Job("policies", [str(BUILD / "parleyctl"), "test", "policies", "--format", "json",
                            "--run", only,
                            *([] if only else ["--coverage", "--min-coverage", "95"])],
               FLOW_S, count_policies)


def flow_jobs(folder, only):
    """One for each file, or one for those of a text: most files have none."""
    files = [path for path in sorted((ROOT / "tests/flow").glob("test_*.py"))
             if os.environ.get("PARLEY_TESTS") != "daemon" or path.stem not in OFFLINE]
    groups = {"flow": files} if only else {path.stem: [path] for path in files}
    return [Job(name, ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider",
                       f"--junitxml={folder}/{name}.xml", *(["-k", only] if only else []), *paths],
                FLOW_S,
                lambda *result, name=name: count_flow(*result, pathlib.Path(folder, name + ".xml")))
            for name, paths in groups.items()]


def conformance_job(only):
    return Job("conformance", ["/usr/bin/python3", "tests/conformance/run.py",
                               *(["--only", only] if only else [])],
               CONFORMANCE_S, count_conformance)


# --- what came of them

def count_unit(tally, job, status, output):
    passed = re.findall(r"^ok \d+ - (\S+)", output, re.M)
    skipped = re.findall(r"^ok \d+ - \S+ # SKIP", output, re.M)
    failed = re.findall(r"^not ok \d+ - (\S+)", output, re.M)
    tally.passed += len(passed) - len(skipped)
    tally.skipped += len(skipped)
    for name in failed:
        tally.fail(f"{job.name}: {name}")
    if status != 0 and not failed:
        tally.fail(f"{job.name}: ended with status {status}")
    print(f"unit {job.name}: {len(passed)} ok, {len(failed)} not")
    if status != 0:
        print(output)


def count_policies(tally, job, status, output):
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
    if status != 0 and not failed and (cases or "--coverage" in job.command):
        tally.fail(f"policies: parleyctl test ended with status {status}: {output.strip()}")
    print(f"policies: {len(cases) - failed} ok, {failed} not")


def count_flow(tally, job, status, output, report):
    cases = ElementTree.parse(report).findall(".//testcase") if report.exists() else []
    failed = 0
    for case in cases:
        if case.find("failure") is not None or case.find("error") is not None:
            tally.fail(f"{case.get('classname')}: {case.get('name')}")
            failed += 1
        elif case.find("skipped") is not None:
            tally.skipped += 1
        else:
            tally.passed += 1
    if status not in (0, 1, 5) or not report.exists():
        tally.fail(f"flow {job.name}: ended with status {status}")
    print(f"flow {job.name}: {len(cases) - failed} ok, {failed} not")
    if status not in (0, 5):
        print(output)


def count_conformance(tally, job, status, output):
    print(output)
    for line in output.splitlines():
        if line.startswith("ok "):
            tally.passed += 1
        elif line.startswith("not yet "):
            tally.skipped += 1
        elif line.startswith("FAIL "):
            tally.fail(f"conformance: {line[5:]}")
    if status not in (0, 1):
        tally.fail(f"{job.name}: ended with status {status}")


def run_all(tally, jobs):
    """Begins with what takes longest, and tells of all in their order."""
    turn = {name: number for number, name in enumerate(LONG)}
    with ThreadPoolExecutor(JOBS) as pool:
        running = {job.name: pool.submit(job.run)
                   for job in sorted(jobs, key=lambda job: turn.get(job.name, len(LONG)))}
        for job in jobs:
            job.count(tally, job, *running[job.name].result())
            sys.stdout.flush()


def main():
    only = sys.argv[1] if len(sys.argv) > 1 else ""
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        run_all(tally, [*unit_jobs(tally, only), policies_job(only), *flow_jobs(folder, only),
                        conformance_job(only)])
    for name in tally.failures:
        print(f"FAILED {name}")
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {len(tally.failures)} failed{skipped}")
    return 1 if tally.failures or tally.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
