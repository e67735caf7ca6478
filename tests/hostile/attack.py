# SPDX-License-Identifier: MIT
"""What an attack is, and the process that it runs in.

An attack is a generator: what it does before its only `yield` prepares it and is not measured, what
it does afterwards goes on until `means.has_time()` says no.  It says with `means.saw()` how each of
its attempts ended, in one of the ways that `ends` lists; each run has to see the first of them.
"""

import collections
import dataclasses
import multiprocessing
import os
import resource
import select
import socket
import traceback

from lib.frames import Frames
from lib.waiting import Deadline
from lib.wire import Refused, Wire, address_of
from scene import cores, lift_open_files

SOURCE = "127.0.66.1"
PREPARE_S, OVERTIME_S = 60.0, 30.0

attacks = []


@dataclasses.dataclass
class Attack:
    name: str
    ends: tuple
    run: callable


def attack(name, *ends):
    """Registers a generator as the attack `name`."""
    def register(run):
        attacks.append(Attack(name, ends, run))
        return run
    return register


@dataclasses.dataclass
class Spent:
    """What the attacker used, and how its attempts ended."""

    connections: int
    sent: int
    cpu_s: float
    ends: dict
    failure: str = ""


class Means:
    """What an attack works with: the gateway's address, a partner's certificate, and time.

    Has what Peer.wire() asks of a gateway.
    """

    def __init__(self, scene, gateway):
        self.scene, self.peer = scene, scene.hostile
        self.address, self.fqdn = gateway.address, gateway.fqdn
        self.ends = collections.Counter()
        self.wires = []
        self.connections = self.sent = 0
        self.deadline = None

    def has_time(self):
        return not self.deadline.passed()

    def pause(self, seconds):
        """Lets time go by, though not more than there is."""
        select.select([], [], [], min(seconds, self.deadline.left()))

    def saw(self, end, times=1):
        self.ends[end] += times

    def plain(self, source=SOURCE):
        """A TCP connection on which nothing was said."""
        return self._known(Wire(self.address, source))

    def tls(self, peer=None, **tls):
        """A TLS connection, by default of the partner.  Raises Refused."""
        wire = self.plain()
        try:
            wire.handshake((peer or self.peer).context(**tls), self.fqdn)
        except BaseException:
            wire.close()
            raise
        return wire

    def frames(self, **tls):
        """An HTTP/2 connection of the partner, frame by frame."""
        return Frames(self.tls(**tls), self.peer, self.fqdn)

    def knock(self):
        """A bare TCP connection that does not wait: a socket."""
        sock = socket.socket()
        sock.setblocking(False)
        sock.bind((f"127.0.66.{self.connections % 16 + 1}", 0))
        sock.connect_ex(address_of(self.address))
        self.connections += 1
        return sock

    def refusal(self, peer, **tls):
        """Connects as `peer` and says how that was refused; "served" if it was not."""
        try:
            with self.tls(peer, **tls) as wire:
                return "served" if wire.receive() else "closed"
        except Refused as refused:
            return alert_of(refused)

    def spent(self, cpu_s):
        sent = self.sent + sum(wire.sent for wire in self.wires)
        return Spent(self.connections, sent, cpu_s, dict(self.ends))

    def _known(self, wire):
        self.wires.append(wire)
        self.connections += 1
        return wire


def alert_of(refused):
    """"alert unknown_ca" of what OpenSSL calls TLSV1_ALERT_UNKNOWN_CA."""
    return "alert " + refused.alert.split("ALERT_")[-1].lower()


def cpu_s():
    own, below = (resource.getrusage(who) for who in (resource.RUSAGE_SELF,
                                                      resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + below.ru_utime + below.ru_stime


def step_back():
    """The other core is shared with the polite partner, who has one of his own in life."""
    os.sched_setaffinity(0, cores()[1])
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def serve(which, means, seconds, is_behind, pipe):
    """The attacker's process: prepares, says so, waits for the word, attacks, reports."""
    if is_behind:
        step_back()
    lift_open_files()
    try:
        means.deadline = Deadline(PREPARE_S)
        steps = which.run(means)
        next(steps)
        pipe.send("ready")
        pipe.recv()
        means.deadline = Deadline(seconds)
        before = cpu_s()
        next(steps, None)
        pipe.send(means.spent(cpu_s() - before))
    except BaseException:  # whoever waits has to hear of it
        pipe.send(Spent(0, 0, 0, {}, traceback.format_exc()))


class Attacker:
    """One attack in a process of its own, from prepared to reported.

    With `is_behind` it has what the polite partner leaves of its core.
    """

    def __init__(self, which, scene, gateway, seconds, is_behind=False):
        self.seconds = seconds
        ours, theirs = multiprocessing.Pipe()
        self.pipe = ours
        self.process = multiprocessing.get_context("fork").Process(
            target=serve, args=(which, Means(scene, gateway), seconds, is_behind, theirs),
            daemon=True)

    def __enter__(self):
        self.process.start()
        said = self._next(PREPARE_S)
        if said != "ready":
            raise RuntimeError(said.failure)
        return self

    def begin(self):
        self.pipe.send("go")

    def end(self):
        """What it spent."""
        spent = self._next(self.seconds + OVERTIME_S)
        if spent.failure:
            raise RuntimeError(spent.failure)
        return spent

    def _next(self, seconds):
        if not self.pipe.poll(seconds):
            raise RuntimeError(f"the attacker says nothing for {seconds} s")
        return self.pipe.recv()

    def __exit__(self, *_):
        self.process.kill()
        self.process.join(OVERTIME_S)
