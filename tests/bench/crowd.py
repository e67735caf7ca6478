# SPDX-License-Identifier: MIT
"""A gateway among a thousand partners: from cold, a restart; and an exchange of parameters."""

import json
import select
import shutil
import subprocess
import time
from pathlib import Path

import fixture
import policies
from servers import Parleyd, RunFailed, cores, on_core, wait_until

LIMIT_S = 120
SPREAD_S = 0.005  # for each partner: the first attempts come within so long
LATE_S = 2.0
HERD = 2.5  # times the mean, at most, in any 100 ms

# What all of them follow: an order, and never anything else.
SHARED_LUA = """\
local policy = sepp.policy {{ api = 1, name = "crowd" }}

function policy.offer_capabilities(peer)
  return {{ sepp.{cap} }}
end

function policy.verify_selection(response, peer)
  if response.capability ~= sepp.{cap} then
    return sepp.reject("%s selected %s", peer.name, response.capability)
  end
  return sepp.accept()
end

function policy.select_capability(request, peer)
  if peer.certificate.days_left < 7 then
    return sepp.reject("the certificate of %s ends in %d days", peer.name, peer.certificate.days_left)
  end
  return sepp.prefer(request, {{ sepp.{cap} }})
end

function policy.select_parameters(request, peer)
  local strong = request:offers(sepp.jwe.A256GCM)
  return sepp.parameters {{
    jwe = strong and sepp.jwe.A256GCM or sepp.jwe.A128GCM,
    jws = sepp.jws.ES256,
  }}
end

function policy.retain_connection(event, peer)
  return sepp.retain {{ idle_s = 600 }}
end

return policy
"""

PARTNER_LUA = """\
return sepp.partner {{
  api = 1,
  name = "partner-{i}",
  follows = "crowd",
  fqdns = {{ "{fqdn}" }},
  plmns = {{ "{plmn}" }},
  anchors = "anchors/partner-{i}.pem",
  capabilities = {{ sepp.{cap} }},
  purposes = {{ sepp.purpose.ROAMING }},
  address = "127.0.0.1:{port}",
  initiate = {initiate},
}}
"""


def plmn_of(i):
    return f"{200 + i // 900}-{100 + i % 900}"


def cpu_ns(pid):
    """Processor time of all threads of a process."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total


def status_kb(pid, field):
    """VmHWM and the like."""
    text = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) for line in text.splitlines() if line.startswith(field + ":"))


class Crowd:
    """The partners: one process, a port and a certificate for each."""

    def __init__(self, bench):
        self.n = 200 if bench.options.quick else 1000
        self.directory = bench.fix.directory / bench.label("crowd")
        self.directory.mkdir()
        self.fix, self.build = bench.fix, bench.options.build
        self.anchors = []
        for i in range(self.n):
            roots = fixture.authorities.Authority(f"partner-{i}")
            roots.issue([fixture.authorities.fqdn(plmn_of(i))], self.directory / f"{i}.pem",
                        self.directory / f"{i}.key")
            self.anchors.append(roots.pem().decode())
        shutil.copy(self.fix.ca, self.directory / "gateway-ca.pem")
        self.process = None
        self.ports = []

    def __enter__(self):
        self.process = subprocess.Popen(
            [self.build / "crowd", self.directory, str(self.n), fixture.GATEWAY],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=on_core(cores()[1]),
            bufsize=0)
        self.rest = b""
        self.ports = self.line()["ports"]
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.stdout.close()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(timeout=10)

    def line(self):
        """The next line of its output, as JSON; bounded."""
        end = time.monotonic() + LIMIT_S
        while b"\n" not in self.rest:
            ready, _, _ = select.select([self.process.stdout], [], [], end - time.monotonic())
            data = self.process.stdout.read(1 << 16) if ready else b""
            if not data:
                raise RunFailed(f"crowd said nothing (exit code {self.process.poll()})")
            self.rest += data
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def tell(self, order):
        self.process.stdin.write(order.encode() + b"\n")

    def ask(self, order):
        self.tell(order)
        return self.line()

    def until(self, what, server):
        """Waits until each partner was asked for that; returns the counts."""
        def all_were():
            if not server.is_alive():
                raise RunFailed(f"parleyd ended:\n{server.log()}")
            counts = self.ask("count")
            return counts if counts[what]["n"] >= self.n else None
        try:
            return wait_until(all_were, LIMIT_S, f"{what} of all partners")
        except RunFailed as e:
            raise RunFailed(f"{e}: {self.ask('count')}\n{server.log()}") from e

    def dial(self, server, cap, at_once=8):
        """All of them negotiate with the gateway; its JSON."""
        result = self.ask(f"dial {server.port} {cap} {at_once}")
        if result["agreed"] != self.n:
            raise RunFailed(f"{result['failed']} of {self.n} partners got no agreement: "
                            f"{result['why']}\n{server.log()}")
        return result

    def operator(self, label, cap, initiate):
        """An operator's directory that has all of them as partners."""
        top = self.directory / label
        if top.exists():
            return top
        fixture.write(top / "gateway.lua", fixture.GATEWAY_LUA)
        fixture.write(top / "default.lua", fixture.DEFAULT_LUA)
        fixture.write(top / "shared/crowd.lua", SHARED_LUA.format(cap=cap))
        shutil.copytree(self.fix.operator / "certs", top / "certs")
        for i, port in enumerate(self.ports):
            fixture.write(top / f"partners/partner_{i}.lua", PARTNER_LUA.format(
                i=i, fqdn=fixture.authorities.fqdn(plmn_of(i)), plmn=plmn_of(i), cap=cap,
                port=port, initiate="true" if initiate else "false"))
            fixture.write(top / f"anchors/partner-{i}.pem", self.anchors[i])
        return top


class Watched:
    """What a gateway spends between two moments."""

    def __init__(self, server):
        self.server, self.pid = server, server.process.pid
        self.at = time.monotonic()
        self.cpu, self.kb = cpu_ns(self.pid), server.rss_kb()
        self.peak = status_kb(self.pid, "VmHWM")

    def settled(self):
        """Processor time since the start, once it stays the same."""
        last = cpu_ns(self.pid)

        def is_still():
            nonlocal last
            before, last = last, cpu_ns(self.pid)
            return last - before < 200_000
        wait_until(is_still, 20, "end of the work of the gateway")
        return last - self.cpu

    def grown_kb(self):
        return self.server.rss_kb() - self.kb


LAST = {"TLS": "exchange-capability", "PRINS": "exchange-params"}  # of a negotiation


def check(server, cap, n):
    """What the gateway itself says about it."""
    def get(path):
        connection = policies.UnixConnection(server.dir / "socket")
        connection.request("GET", path)
        body = json.loads(connection.getresponse().read())
        connection.close()
        return body

    def is_so():
        partners = [p for p in get("/v1/partners")["partners"] if p["capability"] == cap]
        contexts = get("/v1/contexts")["contexts"] if cap == "PRINS" else partners
        return len(partners) == n and len(contexts) == n
    wait_until(is_so, 20, f"agreement on {cap} with {n} partners")


def _row(table, what, cap, watched, seconds, n):
    cpu = watched.settled()
    table.info("cold", f"{n} {what}, {cap}: last agreement after, s", f"{seconds:.2f}")
    table.info("", "... CPU of the gateway for each, us", f"{cpu / n / 1e3:.0f}")
    table.info("", "... its memory for each, KB", f"{watched.grown_kb() / n:.1f}")
    table.info("", "... its peak (VmHWM), MB",
               f"{status_kb(watched.pid, 'VmHWM') / 1024:.0f} of which before "
               f"{watched.peak / 1024:.0f}")
    return cpu / n


def cold(bench):
    """Everybody at once, without anything to go by: we to them, they to us."""
    each = {}
    with Crowd(bench) as crowd:
        for cap in ("TLS", "PRINS"):
            bench.quiet.wait()
            crowd.tell("forget")
            with start(bench, crowd, cap, True) as server:
                watched = Watched(server)
                counts = crowd.until(LAST[cap], server)
                check(server, cap, crowd.n)
                each[cap] = _row(bench.table, "that we begin", cap, watched,
                                 counts[LAST[cap]]["last"] - watched.at, crowd.n)
            with start(bench, crowd, cap, False) as server:
                bench.quiet.wait()
                watched = Watched(server)
                took = crowd.dial(server, cap)["seconds"]
                check(server, cap, crowd.n)
                _row(bench.table, "that they begin, 8 in flight", cap, watched, took, crowd.n)
        bench.table.info("", "PRINS beyond TLS, as initiator: CPU, us",
                         f"{(each['PRINS'] - each['TLS']) / 1e3:.0f}")


def start(bench, crowd, cap, initiate, state=None):
    label = f"{'initiator' if initiate else 'responder'}-{cap}"
    return Parleyd(bench.fix, bench.label("parleyd"), bench.options.build,
                   operator=crowd.operator(label, cap, initiate), state=state)


def _most(times, window_s=0.1):
    """The largest number of `times` within such a window; and they are sorted."""
    most = first = 0
    for last, at in enumerate(times):
        while at - times[first] > window_s:
            first += 1
        most = max(most, last - first + 1)
    return most


def _spread(table, what, crowd, begun):
    times = sorted(t - begun for t in crowd.ask("times"))
    n = len(times)
    quantiles = [times[min(n - 1, int(q * n))] for q in (0, 0.1, 0.5, 0.9, 1)]
    table.info("", f"{what}: first, p10, p50, p90, last, s",
               " ".join(f"{max(0, q):.2f}" for q in quantiles))
    mean = n * 0.1 / (SPREAD_S * crowd.n)
    table.goal("restart", f"... of {n}, most in any 100 ms", _most(times), HERD * mean, "{:.0f}")


def _watch(crowd, server):
    """Until whatever was going to begin by itself has begun: how many connections."""
    end = time.monotonic() + SPREAD_S * crowd.n + LATE_S
    wait_until(lambda: not server.is_alive() or time.monotonic() > end, LIMIT_S, "quiet")
    return crowd.ask("count")


def _valid_tls(bench, crowd):
    state = bench.fix.directory / bench.label("state")
    crowd.tell("forget")
    with start(bench, crowd, "TLS", True, state) as server:
        begun = time.monotonic()
        crowd.until("exchange-capability", server)
        check(server, "TLS", crowd.n)
        _spread(bench.table, "from cold, TLS", crowd, begun)
    crowd.tell("forget")
    with start(bench, crowd, "TLS", True, state) as server:
        check(server, "TLS", crowd.n)
        again = _watch(crowd, server)["came"]
    bench.table.goal("restart", f"{crowd.n} valid TLS agreements: negotiated anew after a restart",
                     again, 0, "{:.0f}")


def _lost_contexts(bench, crowd):
    state = bench.fix.directory / bench.label("state")
    crowd.tell("forget")
    with start(bench, crowd, "PRINS", True, state) as server:
        crowd.until("exchange-params", server)
        check(server, "PRINS", crowd.n)
    crowd.tell("forget")
    with start(bench, crowd, "PRINS", True, state) as server:
        begun = time.monotonic()
        crowd.until("exchange-params", server)
        check(server, "PRINS", crowd.n)
        _spread(bench.table, "restart, our N32-f contexts are lost", crowd, begun)


def _reports(bench, crowd):
    state = bench.fix.directory / bench.label("state")
    with start(bench, crowd, "PRINS", False, state) as server:
        crowd.dial(server, "PRINS")
        check(server, "PRINS", crowd.n)
    crowd.tell("forget")
    with start(bench, crowd, "PRINS", False, state) as server:
        begun = time.monotonic()
        crowd.until("n32f-error", server)
        _spread(bench.table, "restart, theirs are lost: reports", crowd, begun)


def restart(bench):
    """When a gateway that comes back begins what."""
    with Crowd(bench) as crowd:
        _valid_tls(bench, crowd)
        _lost_contexts(bench, crowd)
        _reports(bench, crowd)


def params(bench):
    """An exchange of parameters on a connection that is there."""
    n = 2000 if bench.options.quick else 10000
    body = json.dumps({"sender": fixture.PRINS_PARTNER, "n32fContextId": "0123456789abcdef",
                       "jweCipherSuiteList": ["A256GCM", "A128GCM"],
                       "jwsCipherSuiteList": ["ES256"]})
    how = ["-n", str(n), "--warmup", "200", "--path", "/n32c-handshake/v1/exchange-params",
           "--body", body]
    shapes = {"c1 m1": ["-c", "1", "-m", "1"], "c8 m8": ["-c", "8", "-m", "8"]}
    best = {shape: [] for shape in shapes}
    with bench.parleyd() as server:
        bench.tools.load("conn", server, bench.fix.prins, "-n", "1")
        for _ in range(min(bench.options.rounds, 5)):
            for shape, options in shapes.items():
                bench.quiet.wait()
                best[shape].append(bench.tools.load("keep", server, bench.fix.prins, *how,
                                                    *options))
    for shape, runs in best.items():
        cpu = min(r["servers"][0]["cpu_ns"] / r["operations"] for r in runs)
        bench.table.info("params", f"exchange-params, responder's CPU, {shape}, us",
                         f"{cpu / 1e3:.1f}")
    us = min((r["latency_us"] for r in best["c1 m1"]), key=lambda u: u["p50"])
    bench.table.info("", "... its time, one after the other, p50 / p99, us",
                     f"{us['p50']:.0f} / {us['p99']:.0f}")
    bench.table.info("", "keys of a context alone (vectors: unit test_n32_keys), us",
                     f"{min(bench.tools.keys_ns() for _ in range(3)) / 1e3:.1f}")
