#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Three gateways whose network, clocks and processes fail again and again have to agree in the end.

    tests/flow/converge.py --rounds 200 --seed 1

`north` and `south` are partners with PRINS and both initiate; `north` initiates with `west`, both
prefer TLS; `west` initiates with `south`, with PRINS.  Each round draws from a generator what
happens and when: kill -9, an end and a start, cuts of the network (lib/relay.py), steps of the
wall clock, reloads with other preferences or certificates, rollbacks, negotiations that somebody
asks for, several of these at once.  Then everything is healed, and within AGREE_S both ends of
each pair must be of one mind (see `disagreements`).  The last rounds are without new processes: in
those no descriptor, thread, connection, context or memory may be left behind.

The seed fixes what is drawn; what comes of it depends on the moment as well.
"""

import argparse
import os
import pathlib
import random
import re
import signal
import socket
import sys
import tempfile
import time

TESTS = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TESTS))
if __name__ == "__main__":  # before the bounds are read
    import run as runner
    os.environ.update({key: value for key, value in runner.environment().items()
                       if key.endswith("_OPTIONS") or key.startswith("PARLEY_")})
    os.environ["ASAN_OPTIONS"] += ":quarantine_size_mb=8"  # else it is what grows

from lib import gateway as gateways  # noqa: E402
from lib.directory import PRINS, PRINS_FIRST, TLS, TLS_FIRST, Directory  # noqa: E402
from lib.gateway import Gateway  # noqa: E402
from lib.preload import FAKETIME, Clock, environment  # noqa: E402
from lib.relay import MANNERS, Network, free_address  # noqa: E402
from lib.waiting import SLOWNESS, Deadline, elapsed, readable  # noqa: E402
import pki  # noqa: E402

AGREE_S, QUIET_S = 20.0, 15.0
LOOK_ROUNDS = 25     # after so many it is looked at what is held
LAST_ROUNDS = 50     # without new processes, of a long run
POLL_S = 0.05
CONTEXTS_MAX = 4     # of a gateway, ever: of each of its two partners and each role one
DAY_S = 86400
OFFSET_MAX_S = 3 * DAY_S
PLMN = {"north": "001-01", "south": "262-01", "west": "240-99"}
OPEN = ("agreed_tls", "agreed_prins", "established")  # and nothing is under way
REPORTS = re.compile(r"(ERROR|WARNING): \w+Sanitizer|runtime error:|ensure|watchdog")
POLICY = {"dataTypeEncPolicy": ["UEID"], "apiIeMappingList": [
    {"apiSignature": "{apiRoot}/nausf-auth/v1/ue-authentications", "apiMethod": "POST",
     "IeList": [{"ieLoc": "BODY", "ieType": "UEID", "reqIe": "/supiOrSuci",
                 "isModifiable": False}]}]}

# both ends, who of them initiates, the preference that they begin with
PAIRS = ((("north", "south"), ("north", "south"), "PRINS"),
         (("north", "west"), ("north",), "TLS"),
         (("west", "south"), ("west",), "PRINS"))

HOOKS = {"PRINS": PRINS_FIRST, "TLS": TLS_FIRST}
RETAIN = """function partner.retain_connection(event, peer)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain { idle_s = 2, open_reverse = %s }
  elseif event.kind == sepp.event.LOST then
    return sepp.retain { idle_s = 2 }
  end
  return sepp.release("not needed")
end
"""


class Node:
    """One gateway, over all its processes."""

    def __init__(self, root, name):
        self.name, self.plmn = name, PLMN[name]
        self.root = pathlib.Path(root) / name
        self.directory = Directory(
            self.root, plmn=self.plmn, workers=2,
            retry={"first_s": 0.05, "cap_s": 1},
            timeouts={"response_s": 1, "handshake_s": 1, "resolve_s": 1, "close_s": 1,
                      "drain_s": 1, "first_request_s": 3, "body_s": 3, "idle_s": 3})
        self.renew()
        self.directory.data("policy", POLICY)
        state = self.root / "state"
        state.mkdir(mode=0o700)
        self.clock = Clock(state / "clock")
        self.gateway = Gateway(self.directory, "--state", state,
                               environment=environment(FAKETIME, **self.clock.variables()))
        self.gateway.arguments = tuple(map(str, self.gateway.arguments))
        self.seen = None  # process, round and figures, when it was first looked at
        self.address, self.partners = free_address(1 + list(PLMN).index(name)), {}
        self.directory.gateway(n32c={"listen": [self.address]})

    def renew(self):
        """Another certificate, valid whatever the clocks say."""
        self.directory.renew(not_before=-20 * pki.DAY, not_after=200 * pki.DAY)

    def step(self, seconds):
        """Moves the wall clock; it never gets too far from the true time."""
        offset = max(-OFFSET_MAX_S, min(OFFSET_MAX_S, self.clock.offset + seconds))
        self.clock.step(offset - self.clock.offset)

    def meet(self, other, address, initiates, prefers):
        """Makes the other one a partner that is reached at the address."""
        pki.authority(other.plmn).write_cert(
            self.directory.policies / f"anchors/{other.name}.pem")
        prins = {"policy": "data/policy.json"} if prefers == "PRINS" else None
        self.partners[other.name] = {
            "plmn": other.plmn, "address": address, "initiate": initiates,
            "fqdns": [other.directory.fqdn], "prins": prins,
            "limits": {"handshakes_per_minute": 0, "reports_per_minute": 0}}
        self.prefer(other.name, prefers, False)

    def prefer(self, other, prefers, reverse):
        """Writes the partner's file; it takes effect with a reload, or a start."""
        order = [PRINS, TLS] if prefers == "PRINS" else [TLS, PRINS]
        hooks = HOOKS[prefers] + RETAIN % ("true" if reverse else "false")
        self.directory.partner_file(other, hooks=hooks, capabilities=order,
                                    **self.partners[other])

    def start(self):
        self.gateway.start()
        gateways.started[:] = list(dict.fromkeys(gateways.started))
        assert self.gateway.address == self.address, self.gateway.address

    def kill(self):
        self.gateway.kill()
        assert self.gateway.process.returncode == -signal.SIGKILL, self.gateway.log()
        for name in ("faketime_shm_{}", "sem.faketime_sem_{}"):  # what it could not tidy up
            pathlib.Path("/dev/shm", name.format(self.gateway.process.pid)).unlink(missing_ok=True)

    def is_running(self):
        return self.gateway.is_running()

    def view(self):
        """What it knows of its partners, each with its contexts."""
        known = self.gateway.partners()
        for partner in known.values():
            partner["ids"] = {}
        for context in self.gateway.ask("/v1/contexts")["contexts"]:
            known[context["partner"]]["ids"][context["id"], context["peer_id"]] = context["check"]
        return known

    def figures(self):
        """What the process holds."""
        base = pathlib.Path("/proc", str(self.gateway.process.pid))
        status = dict(re.findall(r"^(\w+):\s+(\d+)", (base / "status").read_text(), re.M))
        return {"descriptors": len(list((base / "fd").iterdir())),
                "threads": int(status["Threads"]), "rss_kib": int(status["VmRSS"]),
                "contexts": len(self.gateway.ask("/v1/contexts")["contexts"])}

    def compare(self, number):
        """Whether it holds more than in an earlier round; memory may be fragmented a little.

        Contexts come and go with what was agreed last: there may be so many and no more.
        """
        now, pid = self.figures(), self.gateway.process.pid
        if not self.seen or self.seen[0] != pid:
            self.seen = pid, number, now
        _, since, first = self.seen
        memory = (4096 + 40 * (number - since)) * (8 if SLOWNESS > 1 else 1)
        most = {"descriptors": first["descriptors"] + 2, "threads": first["threads"],
                "rss_kib": first["rss_kib"] + memory, "contexts": CONTEXTS_MAX}
        grown = [f"{key} {first[key]} -> {now[key]}, {most[key]} at most" for key in most
                 if now[key] > most[key]]
        assert not grown, f"{self.name} since round {since}: " + "; ".join(grown)
        return {key: f"{first[key]} -> {now[key]}" for key in most}


def disagreements(ends, views):
    """What is not as it should be between the two ends, in words."""
    one, other = ends
    seen = views[one][other], views[other][one]
    wrong = [f"{me}: {way} {view[way]['state']}" for me, view in zip(ends, seen)
             for way in ("in", "out") if view[way]["state"] not in OPEN]
    if seen[0]["capability"] != seen[1]["capability"]:
        wrong.append(" and ".join(f"{me} has {view['capability']}"
                                  for me, view in zip(ends, seen)))
    mirrored = {(peer, own): check for (own, peer), check in seen[1]["ids"].items()}
    if seen[0]["ids"] != mirrored:
        wrong.append(f"contexts {seen[0]['ids']} and {mirrored}")
    for me, view in zip(ends, seen):
        if bool(view["ids"]) != (view["capability"] == "PRINS"):
            wrong.append(f"{me}: {len(view['ids'])} contexts with {view['capability']}")
    return [f"{one}-{other}: {text}" for text in wrong]


class World:
    """The gateways, and the network between them."""

    def __init__(self, root, network):
        self.nodes = {name: Node(root, name) for name in PLMN}
        self.links = {}
        self.never, self.silent = socket.socketpair()  # nobody writes to it
        for ends, initiators, prefers in PAIRS:
            for me, peer in (ends, ends[::-1]):
                link = network.link(lambda peer=peer: self.nodes[peer].address)
                self.links[me, peer] = link
                self.nodes[me].meet(self.nodes[peer], link.address, me in initiators, prefers)
        for node in self.nodes.values():
            node.start()

    def pause(self, until):
        """Waits for the moment; whoever ends by itself meanwhile is found out."""
        while True:
            for node in self.nodes.values():
                self.check_alive(node)
            left = until - time.monotonic()
            if left <= 0:
                return
            readable(self.never, min(left, POLL_S))

    @staticmethod
    def check_alive(node):
        gateway = node.gateway
        if gateway.process.returncode is None and gateway.has_ended():
            raise AssertionError(f"{node.name} has ended with {gateway.wait()}")

    def heal(self):
        for link in self.links.values():
            link.heal()
        for node in self.nodes.values():
            self.check_alive(node)
            if not node.is_running():
                node.start()

    def what_is_wrong(self):
        views = {name: node.view() for name, node in self.nodes.items()}
        wrong = [text for ends, _, _ in PAIRS for text in disagreements(ends, views)]
        return wrong, {name: {other: sorted(v["ids"]) for other, v in view.items()}
                       for name, view in views.items()}

    def agree(self):
        """Waits until all are of one mind, twice in a row.  Returns how long it took."""
        deadline, since, before = Deadline(AGREE_S), elapsed(), None
        while True:
            wrong, contexts = self.what_is_wrong()
            if not wrong and contexts == before:
                return since()
            before = None if wrong else contexts
            if deadline.passed():
                raise AssertionError("no agreement: " + "; ".join(wrong or ["not for long"]))
            self.pause(time.monotonic() + POLL_S)

    def settle(self, number):
        """Waits until kept connections are gone, and compares what each process holds with what it
        held when it was first looked at.  Returns the figures, before and now."""
        deadline = Deadline(QUIET_S)
        for node in self.nodes.values():
            while not node.gateway.holds_nothing():
                assert not deadline.passed(), f"connections stay at {node.name}"
                self.pause(time.monotonic() + POLL_S)
        return {name: node.compare(number) for name, node in self.nodes.items()}

    def stop(self):
        self.never.close()
        self.silent.close()
        for node in self.nodes.values():
            if node.is_running():
                node.gateway.stop()
            found = REPORTS.search(node.gateway.log())
            assert not found, f"{node.name}: {node.gateway.log()[found.start():][:4000]}"


# --- what happens in a round: (moment, words, function), drawn before it begins

def draw_kill(rng, world, at):
    node = rng.choice(list(world.nodes.values()))
    down = rng.choice((0, 0, rng.uniform(0, 1.5)))
    return [(at, f"kill {node.name}", lambda: node.is_running() and node.kill()),
            (at + down, f"start {node.name}", lambda: node.is_running() or node.start())]


def draw_restart(rng, world, at):
    node = rng.choice(list(world.nodes.values()))
    return [(at, f"stop {node.name}", lambda: node.is_running() and node.gateway.stop()),
            (at, f"start {node.name}", lambda: node.is_running() or node.start())]


def draw_cut(rng, world, at):
    if rng.random() < 0.3:
        links, names = list(world.links.values()), "all"
    else:
        ends = rng.choice(list(world.links))
        links, names = [world.links[ends]], "-".join(ends)
        if rng.random() < 0.5:
            links.append(world.links[ends[::-1]])
            names = "+".join((names, "-".join(ends[::-1])))
    how = {"seconds": rng.uniform(0.02, 0.5), "octets": rng.randrange(8000),
           "side": rng.randrange(2)}
    manner, long = rng.choice(MANNERS), rng.uniform(0.05, 2.0)

    def cut():
        for link in links:
            link.cut(manner, **how)

    def heal():
        for link in links:
            link.heal()

    return [(at, f"cut {names} {manner} {how['octets']}", cut), (at + long, "heal", heal)]


def draw_clock(rng, world, at):
    node, seconds = rng.choice(list(world.nodes.values())), rng.randint(-DAY_S, DAY_S)
    return [(at, f"clock {node.name} {seconds:+d}", lambda: node.step(seconds))]


def reload(node):
    if node.is_running():
        status, answer = node.gateway.reload()
        assert status == 200, answer


def draw_reload(rng, world, at):
    node = rng.choice(list(world.nodes.values()))
    other, prefers = rng.choice(sorted(node.partners)), rng.choice(("PRINS", "TLS"))
    reverse = rng.random() < 0.3

    def change():
        node.prefer(other, prefers, reverse)
        reload(node)

    return [(at, f"reload {node.name}: {prefers} with {other}", change)]


def draw_renewal(rng, world, at):
    node = rng.choice(list(world.nodes.values()))

    def renew():
        node.renew()
        reload(node)

    return [(at, f"renew {node.name}", renew)]


def draw_rollback(rng, world, at):
    node = rng.choice(list(world.nodes.values()))
    return [(at, f"rollback {node.name}", lambda: node.is_running() and node.gateway.rollback())]


def draw_negotiation(rng, world, at):
    me, peer = rng.choice(list(world.links))
    node = world.nodes[me]
    return [(at, f"negotiate {me}-{peer}", lambda: node.is_running() and
             node.gateway.admin("POST", f"/v1/negotiate?partner={peer}"))]


DISTURBANCES = (draw_cut, draw_clock, draw_reload, draw_renewal, draw_rollback, draw_negotiation)
VIOLENCE = (draw_kill, draw_kill, draw_restart)


def draw_round(rng, world, kills):
    """Up to four things, and negotiations for them to disturb, in the order in which they come."""
    events = []
    for _ in range(rng.choice((1, 1, 2, 2, 3, 4))):
        at = rng.uniform(0, 0.6)
        kinds = DISTURBANCES + (VIOLENCE + (draw_cut,) * 3 if kills else (draw_cut,))
        if rng.random() < 0.7:
            events += draw_negotiation(rng, world, max(0, at - rng.uniform(0, 0.03)))
        events += rng.choice(kinds)(rng, world, at)
    return sorted(events, key=lambda event: event[0])


def play(world, events):
    start = time.monotonic()
    for at, _, happen in events:
        world.pause(start + at)
        happen()


def converge(rounds, seed, say):
    """All of it; raises AssertionError."""
    rng = random.Random(seed)
    calm = min(LAST_ROUNDS, rounds // 3)  # rounds at the end that all processes live through
    times, world = [], None
    with tempfile.TemporaryDirectory(prefix="converge-") as root, Network() as network:
        try:
            world = World(root, network)
            say(f"seed {seed}: all agree after {world.agree():.2f} s")
            for number in range(1, rounds + 1):
                events = draw_round(rng, world, number <= rounds - calm)
                say(f"round {number}: " + ", ".join(f"{at:.3f} {words}" for at, words, _ in events))
                play(world, events)
                world.heal()
                times.append(world.agree())
                say(f"round {number}: agreed after {times[-1]:.2f} s")
                if (rounds - number) % LOOK_ROUNDS == 0 or rounds - number == calm:
                    for name, figures in world.settle(number).items():
                        say(f"round {number}: {name} holds {figures}")
            world.stop()
        finally:
            for node in world.nodes.values() if world else ():
                if node.is_running():
                    node.kill()
    say(f"seed {seed}: {rounds} rounds agree, after {sum(times) / len(times):.2f} s each, "
        f"{max(times):.2f} s at most")


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10 ** 6))
    parser.add_argument("--logs", metavar="DIR", help="keep what the gateways log, if it fails")
    options = parser.parse_args(arguments)
    try:
        converge(options.rounds, options.seed, lambda text: print(text, flush=True))
    except AssertionError as failure:
        print(f"FAIL seed {options.seed}: {str(failure)[:20000]}")
        for gateway in gateways.started if options.logs else ():
            name = gateway.directory.root.name
            pki.write(pathlib.Path(options.logs) / f"{name}.log", gateway.log().encode())
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
