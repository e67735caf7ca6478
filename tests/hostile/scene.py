# SPDX-License-Identifier: MIT
"""A gateway with one worker on a core of its own, its partners, and what they and it spend.

The polite partner negotiates at a fixed rate, each time on a new connection; its times count from
the moment that the plan says, so that waiting in front of the gateway is part of them.
"""

import contextlib
import dataclasses
import json
import os
import pathlib
import resource
import subprocess

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory
from lib.gateway import Gateway, program
from lib.peer import CAPABILITY_PATH
import pki

RATE, IN_FLIGHT, WARMUP = 100, 64, 20
TICKS = os.sysconf("SC_CLK_TCK")
# short, so that a run sees how what is slow ends
TIMEOUTS = {"handshake_s": 2, "first_request_s": 2, "body_s": 2, "idle_s": 3, "close_s": 1,
            "drain_s": 1}
HOSTILE = "001-01"


class Failed(Exception):
    """The gateway did what it must not, or the run itself went wrong."""


def cores():
    """(the gateway's, everybody else's); the same where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}


def lift_open_files():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def on_core(core):
    """What is started inside stays on that core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, core)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@dataclasses.dataclass
class Usage:
    """What a process has used: processor seconds, and memory in KiB now and at its peak."""

    cpu_s: float
    now_kib: int
    peak_kib: int

    @staticmethod
    def of(pid):
        """That of a running process."""
        # the name may hold spaces: what counts comes after its closing bracket
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        sizes = dict(line.split(":", 1) for line in
                     pathlib.Path(f"/proc/{pid}/status").read_text().splitlines())
        return Usage((int(fields[11]) + int(fields[12])) / TICKS,
                     int(sizes["VmRSS"].split()[0]), int(sizes["VmHWM"].split()[0]))


def forget_peak(pid):
    """From now on the peak is that of what follows (proc(5), clear_refs)."""
    pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5")


@dataclasses.dataclass
class Window:
    """What the polite partner saw in some seconds."""

    count: int
    p50_ms: float
    p99_ms: float


class Scene:
    """An operator's directory with two partners; all limits are those that the product comes with,
    but the polite partner may negotiate as often as it does here."""

    def __init__(self, folder, workers=1):
        self.directory = Directory(folder, workers=workers, timeouts=TIMEOUTS)
        self.folder = pathlib.Path(folder) / "peers"
        self.state = pathlib.Path(folder) / "state"
        self.polite, self.polite_body = self.add("polite", "262-01", TLS_FIRST)
        self.hostile, self.hostile_body = self.add("hostile", HOSTILE, PRINS_FIRST + KEEP,
                                                   limits={})
        self.authority = pki.authority(HOSTILE)

    def add(self, name, plmn, hooks, **fields):
        """One more partner, and the file with its request."""
        peer = self.directory.partner(name, plmn, hooks, **fields)
        return peer, pki.write(self.folder / f"{name}.json", peer.body(["PRINS", "TLS"]))

    def gateway(self, core=None):
        """Starts the gateway, on that core or wherever it likes to be."""
        with on_core(core or os.sched_getaffinity(0)):
            gateway = Gateway(self.directory, "--log-level", "info", "--state", str(self.state))
            return gateway.start()

    def watch(self, gateway, seconds):
        """The polite partner for so long.  Fails if it is not served as it has to be."""
        count = round(RATE * seconds)
        seen = load(gateway, "conn", self.polite, self.polite_body, "-n", str(count), "--source",
                    "--rate", str(RATE), "-c", str(IN_FLIGHT), "--warmup", str(WARMUP),
                    "--close", "server", "--max-errors", str(count), limit_s=seconds + 60)
        if seen["ok"] != count or set(seen["by_status"]) != {"200"}:
            raise Failed(f"the polite partner: {seen['ok']} of {count} served, "
                         f"{seen['by_status']} {seen['errors']}")
        latency = seen["latency_us"]
        return Window(count, latency["p50"] / 1000, latency["p99"] / 1000)


def load(gateway, mode, peer, body, *options, limit_s):
    """Runs the load client as a partner, on the core of the clients.  Returns its JSON."""
    command = [program("load"), mode, "--target", gateway.address, "--json", "--cert", peer.cert,
               "--key", peer.key, "--sni", gateway.fqdn, "--path", CAPABILITY_PATH,
               "--body", f"@{body}", *options]
    with on_core(cores()[1]):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                              timeout=limit_s, check=False, stdin=subprocess.DEVNULL)
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise Failed(f"load {mode}: {done.returncode} {done.stderr.strip()}") from None
