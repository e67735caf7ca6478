# SPDX-License-Identifier: MIT
"""What becomes of agreements and records when the disk of the state directory fails.

The second half of test_faults.py, with real disks (lib/disk.py).  Shown elsewhere:

- test_journal.py: the size of a file is limited while decisions are made fast, and a state
  directory that is removed; unit/test_sepp_journal.c: each way in which a write ends early;
- test_state.py: what state directories are refused, a last good generation that cannot be written,
  and one that is damaged;
- test_agreement.py, unit/test_sepp_store_broken.c: a database that is damaged, removed, another's,
  held by somebody, full; unit/test_sepp_store_killed.c: a process that is killed while it writes.
"""

import json
import os

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST
from lib.disk import Breakable, Disk
from lib.gateway import parleyctl

STATES = {"alpha": "agreed_prins", "beta": "agreed_tls"}
MANY = 20  # decisions, which take more room than a file has left in its last page


@pytest.fixture
def disk():
    with Disk() as made:
        if not made.works:
            pytest.skip("neither root nor user namespaces: nothing can be mounted")
        yield made


@pytest.fixture
def peers(directory):
    return {"alpha": directory.partner("alpha", "001-01", PRINS_FIRST + KEEP),
            "beta": directory.partner("beta", "262-01", TLS_FIRST),
            "gamma": directory.partner("gamma", "310-01", TLS_FIRST)}


@pytest.fixture
def begin(disk, peers, start):
    """Starts a gateway whose state is on the disk."""
    return lambda where=disk: start("--state", where.state, within=where.within)


def agree(gateway, peers):
    """Has an agreement with alpha and beta, and sees it on the disk."""
    assert peers["alpha"].negotiate(gateway, capabilities=["PRINS"]).status == 200
    assert peers["beta"].negotiate(gateway).status == 200
    gateway.until(lambda: gateway.status()["store"]["written"] >= 2)


def states(gateway, *more):
    known = gateway.partners()
    return {name: known[name]["state"] for name in (*STATES, *more)}


def capabilities(gateway):
    return {name: one["capability"] for name, one in gateway.partners().items()}


def fails(gateway, part):
    return gateway.status()[part]["failing"]


def records(disk):
    text = (disk.outside / "decisions.jsonl").read_bytes()
    assert text.endswith(b"\n"), text
    return [json.loads(line) for line in text.splitlines()]


def readiness(gateway):
    """The status of /readyz, and what it says that the gateway does without, but for the journal
    and last-good, which are written at other times than the store, and for the jail, which no
    sanitizer bears."""
    status, text = gateway.admin("GET", "/readyz")
    first, *lines = text.splitlines()
    assert first == "ready" and all(line.startswith("degraded: ") for line in lines), text
    lacks = [line.split(": ")[1] for line in lines]
    return status, [what for what in lacks if what not in ("journal", "last-good", "not jailed")]


def is_told(gateway, *why):
    """Whether the log, the metrics and the status say that the store fails."""
    gateway.until(lambda: fails(gateway, "store"))
    assert gateway.metrics()["parley_store_failing"] == 1
    assert any(text in gateway.status()["store"]["error"] for text in why)
    assert readiness(gateway) == (200, ["store"])
    assert "store         FAILING: " in parleyctl("--socket", gateway.socket, "status").stdout
    return gateway.logs("does not get on, changes wait until it does: ")


def is_over(gateway):
    gateway.until(lambda: not fails(gateway, "store"))
    assert gateway.logs("parley.db' gets on again")
    gateway.until(lambda: readiness(gateway) == (200, []))
    assert gateway.metrics()["parley_store_failing"] == 0


def test_full_disk_costs_no_agreement_and_no_record(disk, begin, peers):
    gateway = begin()
    agree(gateway, peers)
    with peers["alpha"].connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        disk.fill()
        for _ in range(MANY):
            assert peers["gamma"].negotiate(gateway).status == 200
        assert is_told(gateway, "database or disk is full")
        gateway.until(lambda: fails(gateway, "journal"))
        assert gateway.logs("journal does not get on")
        assert gateway.reload()[0] == 200
        assert "No space left" in gateway.status()["state"]["error"]
        assert states(gateway, "gamma") == {**STATES, "gamma": "agreed_tls"}
        assert kept.negotiate(capabilities=["PRINS"]).status == 200 and kept.is_alive()
        disk.clear()
        is_over(gateway)
        gateway.until(lambda: not fails(gateway, "journal"))
        gateway.until(lambda: gateway.status()["state"]["error"] == "")
        assert kept.is_alive()
    decisions = gateway.metrics()["parley_policy_decisions_total"]
    gateway.until(lambda: len(records(disk)) >= decisions)
    gateway.kill()
    again = begin()
    assert again.status()["store"]["loaded"] == 3 and again.status()["generation"] == 3
    assert capabilities(again) == {"alpha": "PRINS", "beta": "TLS", "gamma": "TLS"}


@pytest.mark.parametrize("fault, cure", [("fill", "clear"), ("protect", "unprotect")])
@pytest.mark.parametrize("end", ["stop", "kill"])
def test_disk_that_takes_nothing_at_the_start_costs_no_agreement(disk, begin, peers, fault, cure,
                                                                 end):
    first = begin()
    agree(first, peers)
    getattr(first, end)()
    getattr(disk, fault)()
    gateway = begin()
    assert gateway.status()["store"]["loaded"] == 2
    assert capabilities(gateway) == {"alpha": "PRINS", "beta": "TLS", "gamma": None}
    for _ in range(MANY):
        assert peers["gamma"].negotiate(gateway).status == 200
    assert is_told(gateway, "full", "No space left", "read-only")
    assert gateway.logs("journal does not get on")
    assert gateway.logs("is not kept over a restart")
    assert peers["beta"].negotiate(gateway).status == 200
    getattr(disk, cure)()
    is_over(gateway)
    gateway.until(lambda: not fails(gateway, "journal"))
    gateway.stop()
    again = begin()
    assert again.status()["store"]["loaded"] == 3
    assert capabilities(again) == {"alpha": "PRINS", "beta": "TLS", "gamma": "TLS"}
    assert len(records(disk)) >= MANY + 3


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a disk that breaks")
def test_disk_that_becomes_read_only_costs_what_came_after_it(begin, peers):
    with Breakable() as disk:
        if not disk.works:
            pytest.skip("there are no loop devices, or no ext4")
        gateway = begin(disk)
        agree(gateway, peers)
        disk.damage()
        with peers["alpha"].connect(gateway) as kept:
            assert kept.negotiate(capabilities=["PRINS"]).status == 200
            assert peers["gamma"].negotiate(gateway).status == 200
            assert is_told(gateway, "disk I/O error", "read-only", "readonly")
            gateway.until(lambda: fails(gateway, "journal"))
            assert states(gateway, "gamma") == {**STATES, "gamma": "agreed_tls"}
            assert kept.is_alive()
        gateway.stop()
        assert gateway.logs("store could not be completed lost=")
        assert gateway.logs("journal could not be completed lost=")
        second = begin(disk)  # before anybody mends it
        assert capabilities(second) == {"alpha": "PRINS", "beta": "TLS", "gamma": None}
        second.stop()
        disk.repair()
        third = begin(disk)
        assert not fails(third, "store") and third.status()["store"]["loaded"] == 2
        assert capabilities(third) == {"alpha": "PRINS", "beta": "TLS", "gamma": None}
        third.stop()
