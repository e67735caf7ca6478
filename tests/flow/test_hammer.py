# SPDX-License-Identifier: MIT
"""Generations change under load, some of them broken, and nobody notices."""

import collections
import json
import os
import signal
import subprocess

import pytest

from lib.directory import PRINS_FIRST, KEEP, TLS_FIRST, Directory, select
from lib.gateway import program
from lib.waiting import SLOWNESS

RELOADS = 200
BROKEN_EVERY, ROLLBACK_EVERY = 5, 7
KEPT_RATE, NEW_RATE = 300, 100
ROLLBACKS, RUSH_RATE = 60, 20000  # more than the disk may keep up with
LOAD_S = 100 * SLOWNESS  # far more than the reloads take
END_S = 30
BROKEN = "local partner = sepp.partner {\n  api = 1,\n  nmae = \"beta\",\n}\nreturn partner\n"

# the answers stay the same; everything else of them changes with each version
VERSION = "-- version {}\n"


class Load:
    """The load client as one partner, until it is told to end."""

    def __init__(self, gateway, peer, mode, rate, *arguments):
        body = peer.cert.with_suffix(".json")
        body.write_bytes(peer.body(["PRINS", "TLS"]))
        command = [program("load"), mode, "--target", gateway.address, "--json",
                   "-n", str(round(rate * LOAD_S)), "--rate", str(round(rate)), "--max-errors", "0",
                   "--cert", str(peer.cert), "--key", str(peer.key), "--sni", gateway.fqdn,
                   "--path", "/n32c-handshake/v1/exchange-capability", "--body", f"@{body}",
                   *arguments]
        self.process = subprocess.Popen(command, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)

    def end(self):
        """What the client saw; it has to have seen nothing but right answers, up to now."""
        was_running = self.process.poll() is None
        self.process.send_signal(signal.SIGINT)
        said, complaint = self.process.communicate(timeout=END_S * SLOWNESS)
        assert was_running, "the load has ended: " + complaint + said
        assert self.process.returncode == 0, complaint + said
        seen = json.loads(said)
        assert seen["ok"] == seen["operations"] > 0
        assert (seen["resets"], seen["lost"], seen["by_status"]) == (0, 0, {"200": seen["ok"]})
        return seen


def decides(gateway):
    """Waits until the load is there."""
    gateway.until(lambda: gateway.metrics()["parley_policy_decisions_total"] > 100, END_S)


@pytest.fixture
def directory(tmp_path):
    return Directory(tmp_path, limits={"connections": 0, "negotiations_per_second": 0})


def write(directory, name, plmn, hooks, version):
    directory.partner_file(name, plmn, VERSION.format(version) + hooks,
                           limits={"handshakes_per_minute": 0, "connections": 0})


def refused(gateway, directory, before):
    directory.write("partners/beta.lua", BROKEN)
    status, answer = gateway.reload()
    assert (status, answer["ok"]) == (409, False)
    assert answer["error"].startswith("partners/beta.lua:1: ") and "nmae" in answer["error"]
    assert gateway.status()["generation"] == before


@pytest.mark.skipif(not os.path.exists(program("load")), reason="make build/load")
def test_two_hundred_reloads_under_load_lose_nothing(directory, start):
    alpha = directory.partner("alpha", "001-01")
    beta = directory.partner("beta", "262-01")
    write(directory, "alpha", "001-01", PRINS_FIRST + KEEP, 0)
    write(directory, "beta", "262-01", TLS_FIRST, 0)
    gateway = start("--state", str(directory.root / "state"), "--log-level", "info")
    kept = Load(gateway, alpha, "keep", KEPT_RATE, "-c", "8", "-m", "2")
    new = Load(gateway, beta, "conn", NEW_RATE, "-c", "8", "--close", "server")
    decides(gateway)
    in_force = highest = 1
    for turn in range(1, RELOADS + 1):
        write(directory, "alpha", "001-01", PRINS_FIRST + KEEP, turn)
        if turn % BROKEN_EVERY == 0:
            refused(gateway, directory, in_force)
            continue
        write(directory, "beta", "262-01", TLS_FIRST, turn)
        status, answer = gateway.reload()
        in_force = highest = highest + 1
        assert (status, answer["generation"]) == (200, highest), answer
        if turn % ROLLBACK_EVERY == 0:
            status, answer = gateway.rollback()
            in_force = highest - 1
            assert (status, answer["generation"]) == (200, in_force), answer
    new.end()
    assert kept.end()["reopened"] == 0
    status = gateway.status()
    assert highest == 1 + RELOADS - RELOADS // BROKEN_EVERY
    assert status["generation"] == in_force
    assert status["reloads"] == {"ok": highest - 1, "failed": RELOADS // BROKEN_EVERY}
    assert gateway.state("alpha") == "agreed_prins"
    assert gateway.state("beta") == "agreed_tls"


def versioned(version):
    return select(f'sepp.note("{version}")\n  return sepp.select(sepp.PRINS)') + KEEP


@pytest.mark.skipif(not os.path.exists(program("load")), reason="make build/load")
def test_record_names_the_generation_that_decided_however_often_it_changes(directory, start):
    directory.gateway(journal={"max_mib": 0})
    limits = {"handshakes_per_minute": 0, "connections": 0}
    alpha = directory.partner("alpha", "001-01", versioned(1), limits=limits)
    state = directory.root / "state"
    gateway = start("--state", str(state), "--log-level", "error")
    directory.partner_file("alpha", "001-01", versioned(2), limits=limits)
    assert gateway.reload()[0] == 200
    load = Load(gateway, alpha, "keep", RUSH_RATE / SLOWNESS, "-c", "8", "-m", "4")
    decides(gateway)
    for _ in range(ROLLBACKS):
        assert gateway.rollback()[0] == 200
    decisions = load.end()["ok"]
    lost = gateway.status()["journal"]["lost"]
    gateway.stop()
    records = map(json.loads, (state / "decisions.jsonl").read_text().splitlines())
    seen = collections.Counter((record["generation"], *record["notes"]) for record in records
                               if record["hook"] == "select_capability")
    assert set(seen) == {(1, "1"), (2, "2")}, seen
    assert decisions - lost["queue"] <= seen.total() <= decisions and lost["write"] == 0
