#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the conformance cases against parleyd, as the responding and as the initiating SEPP.

    tests/conformance/run.py [--only TEXT]

A case is a function whose name is its id and a sentence; it returns what the gateway did, in words.
One line per case on standard output, the daemon's log of a failed case on standard error.
"""

import argparse
import pathlib
import re
import sys

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent),
                str(pathlib.Path(__file__).resolve().parents[1])]

import bodies  # noqa: E402
import connections  # noqa: E402
import exchanges  # noqa: E402
import http2  # noqa: E402
import initiator  # noqa: E402
import parameters  # noqa: E402
import reports  # noqa: E402
import selection  # noqa: E402
import simultaneous  # noqa: E402
import termination  # noqa: E402
import tls  # noqa: E402
from world import Mismatch, NotYet, World  # noqa: E402

MODULES = (selection, bodies, exchanges, http2, initiator, connections, simultaneous, parameters,
           termination, reports, tls)
GROUPS = ("CAP", "INI", "CON", "PRM", "TRM", "ERR", "TLS", "HTP")  # n32.md E.1 to E.8
OUTCOMES = ("passed", "failed", "skipped")
LOG_BYTES = 20000


def cases(only):
    """(id, sentence, function) of every case, in the order of the specification."""
    found = []
    for module in MODULES:
        for name, function in vars(module).items():
            match = re.fullmatch(r"([a-z]{3})_(\d\d)_(\w+)", name)
            if match and match[1].upper() in GROUPS:
                ident = f"{match[1].upper()}-{match[2]}"
                found.append((ident, match[3].replace("_", " "), function))
    found.sort(key=lambda case: (GROUPS.index(case[0][:3]), case[0]))
    return [case for case in found if only.lower() in f"{case[0]} {case[1]}".lower()]


def print_logs(world, sizes):
    """What the gateways logged during a case, and what the scripted SEPPs saw."""
    for name, gateway in world.gateways.items():
        text = gateway.log(sizes.get(name, 0))[-LOG_BYTES:]
        print(f"--- log of the gateway '{name}'\n{text}---", file=sys.stderr)
    for sepp in world.sepps.values():
        print(sepp, file=sys.stderr)


def run(world, ident, sentence, function):
    """Runs one case.  Returns "passed", "failed" or "skipped"."""
    sizes = {name: gateway.log_size() for name, gateway in world.gateways.items()}
    try:
        words = function(world)
    except NotYet as reason:
        print(f"not yet {ident} {reason}", flush=True)
        return "skipped"
    except Exception as error:  # whatever stops a case is its failure
        first = str(error).split("\n", maxsplit=1)[0]
        kind = "" if isinstance(error, Mismatch) else f"{type(error).__name__}: "
        print(f"FAIL {ident} {sentence}: {kind}{first}", flush=True)
        print_logs(world, sizes)
        return "failed"
    print(f"ok {ident} {sentence}: {words}", flush=True)
    return "passed"


def stop(world):
    """Stops everything.  Returns how much of it did not end as it should."""
    failed = 0
    for name, end in world.ends():
        try:
            end()
        except AssertionError as error:
            print(f"FAIL the end of the {name}: {error}", flush=True)
            failed += 1
    return failed


def sums(outcomes):
    """"CAP 73/0/1 INI 18/0/0": passed, failed, not yet, of each group that was run."""
    words = []
    for group in GROUPS:
        of = [outcome for ident, outcome in outcomes if ident.startswith(group)]
        if of:
            words.append(f"{group} " + "/".join(str(of.count(kind)) for kind in OUTCOMES))
    return " ".join(words)


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--only", metavar="TEXT", default="", help="cases whose line has TEXT")
    options = parser.parse_args(arguments)
    world = World()
    outcomes = [(case[0], run(world, *case)) for case in cases(options.only)]
    count = {kind: sum(outcome == kind for _, outcome in outcomes) for kind in OUTCOMES}
    count["failed"] += stop(world)
    skipped = f", {count['skipped']} skipped" if count["skipped"] else ""
    print(f"{count['passed']} passed, {count['failed']} failed{skipped}; {sums(outcomes)}")
    return 1 if count["failed"] or not count["passed"] else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
