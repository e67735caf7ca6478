# SPDX-License-Identifier: MIT
"""What policies cost: a decision of the usual one, and a reload of a thousand partners."""

import http.client
import json
import shutil
import socket
import subprocess
import threading
import time

import fixture
from servers import RunFailed, cores, on_core

PARTNERS, SHARED = 1000, 10
ROUNDS = 6
IMAGES = 64  # that a worker keeps

# The example of the policy documents: PRINS whenever it is carried, never a step back.
USUAL_LUA = """\
local partner = sepp.partner {
  api = 1,
  name = "usual",
  fqdns = { "sepp.5gc.mnc001.mcc262.3gppnetwork.org" },
  plmns = { "262-01", "262-06" },
  anchors = "anchors/load.pem",
  path = sepp.path.DIRECT,
  capabilities = { sepp.PRINS, sepp.TLS },
  purposes = { sepp.purpose.ROAMING },
  limits = { handshakes_per_minute = 60, connections = 8 },
}

function partner.select_capability(request, peer)
  if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return sepp.reject("downgrade: %s used PRINS before", peer.name)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })
end

function partner.retain_connection(event, peer)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain { idle_s = 600, open_reverse = true }
  end
  return sepp.release("nothing to say on %s", event.kind)
end

return partner
"""

SHARED_LUA = """\
local policy = sepp.policy {{ api = 1, name = "crowd-{i}" }}

function policy.select_capability(request, peer)
  if peer.certificate.days_left < {i} then
    return sepp.reject("the certificate of %s ends in %d days", peer.name, peer.certificate.days_left)
  end
  return sepp.prefer(request, {{ sepp.PRINS, sepp.TLS }})
end

function policy.retain_connection(event, peer)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain {{ idle_s = {idle}, max_age_s = 86400 }}
  end
  return sepp.release("%s is idle: %s", peer.name, event.kind)
end

return policy
"""

PARTNER_LUA = """\
return sepp.partner {{
  api = 1,
  name = "partner-{i}",
  follows = "crowd-{shared}",
  fqdns = {{ "sepp.5gc.mnc{mnc:03}.mcc{mcc:03}.3gppnetwork.org" }},
  plmns = {{ "{mcc:03}-{mnc:03}" }},
  anchors = "anchors/partner-{i}.pem",
  capabilities = {{ sepp.PRINS, sepp.TLS }},
  purposes = {{ sepp.purpose.ROAMING }},
}}
"""


def write_usual(top):
    """An operator's directory with the usual policy."""
    fixture.write(top / "gateway.lua", fixture.GATEWAY_LUA)
    fixture.write(top / "default.lua", fixture.DEFAULT_LUA)
    fixture.write(top / "partners/usual.lua", USUAL_LUA)


def write_crowd(top):
    """Adds the partners, each with roots of its own, and the policies they follow."""
    for i in range(SHARED):
        fixture.write(top / f"shared/crowd_{i}.lua", SHARED_LUA.format(i=i, idle=600 + i))
    for i in range(PARTNERS):
        fixture.write(top / f"partners/partner_{i}.lua", PARTNER_LUA.format(
            i=i, shared=i % SHARED, mcc=200 + i // 900, mnc=100 + i % 900))
        (top / "anchors").mkdir(exist_ok=True)
        fixture.authorities.Authority(f"partner-{i}").write_cert(
            top / "anchors" / f"partner-{i}.pem")


class UnixConnection(http.client.HTTPConnection):
    """HTTP over the daemon's socket."""

    def __init__(self, path):
        super().__init__("parleyd", timeout=60)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(60)
        self.sock.connect(self.path)


def post_reload(path):
    """Milliseconds of one reload."""
    connection = UnixConnection(path)
    begun = time.monotonic()
    connection.request("POST", "/v1/reload")
    answer = connection.getresponse()
    body = answer.read()
    took = time.monotonic() - begun
    connection.close()
    if answer.status != 200:
        raise RunFailed(f"reload: {answer.status} {body.decode(errors='replace')}")
    return took * 1e3


def _time(bench, top, partner):
    """What `parleyctl bench` says about select_capability of a partner."""
    done = subprocess.run(
        [bench.options.build / "parleyctl", "bench", top, partner, "--json"], text=True,
        capture_output=True, timeout=120, check=False, preexec_fn=on_core(cores()[0]))
    if done.returncode != 0:
        raise RunFailed(f"parleyctl bench: {done.stderr}")
    return next(r for r in json.loads(done.stdout) if r["hook"] == "select_capability")


def decisions(bench):
    """G6: a decision of the usual policy, in microseconds of one quiet core."""
    top = bench.fix.directory / "usual"
    write_usual(top)
    bench.quiet.wait()
    row = _time(bench, top, "usual")
    table = bench.table
    table.goal("G6", "decision of the usual policy, p50, us", row["p50_ns"] / 1e3, 5)
    table.goal("G6", "... p99, us", row["p99_ns"] / 1e3, 10)
    table.goal("G6", "... p99 / p50", row["p99_ns"] / row["p50_ns"], 3)
    table.info("", "fuel / image / scratch of it",
               f"{row['fuel']} / {row['image_bytes'] / 1024:.1f} K / {row['scratch_bytes']} B")
    with bench.parleyd() as server:
        cpu_ns = min(bench.tools.cpu_ns("conn", server, bench.fix.tls, "-n", "200", "-c", "8",
                                        "--warmup", "20", "--close", "server") for _ in range(3))
    table.goal("G6", "share of a negotiation's CPU, %", 100 * row["p50_ns"] / cpu_ns, 2)


class Reloads(threading.Thread):
    """Reloads one after the other, until told to stop."""

    def __init__(self, path):
        super().__init__()
        self.path, self.ended = path, threading.Event()
        self.took, self.error = [], None

    def run(self):
        try:
            while not self.ended.is_set():
                self.took.append(post_reload(self.path))
        except (RunFailed, OSError) as e:
            self.error = e

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.join()
        if self.error:
            raise RunFailed(str(self.error))


def _workers(bench, count):
    """Anonymous memory with `count` workers that have decided."""
    gateway = bench.fix.operator / "gateway.lua"
    text = gateway.read_text()
    fixture.write(gateway, text.replace("workers         = 1", f"workers         = {count}"))
    try:
        with bench.parleyd() as server:
            bench.tools.load("keep", server, bench.fix.prins, "-n", "2000", "-c", "32", "-m", "1")
            return server.rss_kb()
    finally:
        fixture.write(gateway, text)


def _longest_us(bench, server):
    """p99 and the longest latency of requests that come at a fixed rate."""
    us = bench.tools.load("keep", server, bench.fix.prins, "-n", "1000", "-c", "8", "-m", "1",
                          "--warmup", "200", "--rate", "500")["latency_us"]
    return us["p99"], us["max"]


def reload(bench):
    """A thousand partners that follow ten policies: reading to publishing, and who waits for it."""
    bench.fix.operator = shutil.copytree(bench.fix.operator, bench.fix.directory / "crowd")
    write_crowd(bench.fix.operator)
    table = bench.table
    with bench.parleyd() as server:
        bench.quiet.wait()
        before = server.rss_kb()
        took = [post_reload(server.dir / "socket") for _ in range(5)]
        table.goal("load", f"reload of {PARTNERS} partners, longest of 5, ms", max(took), 1000,
                   "{:.0f}")
        table.info("", "... shortest, ms", f"{min(took):.0f}")
        table.info("", "anonymous memory before and after 5 reloads, KB",
                   f"{before} / {server.rss_kb()}")
        calm, busy = [], []
        for _ in range(ROUNDS):
            bench.quiet.wait()
            calm.append(_longest_us(bench, server))
            with Reloads(server.dir / "socket") as reloads:
                busy.append(_longest_us(bench, server))
        # the machine's own interruptions are in both: the round with the fewest counts
        table.info("", "500 requests a second, p99 / longest, without a reload, us",
                   f"{min(c[0] for c in calm):.0f} / {min(c[1] for c in calm):.0f}")
        table.info("", f"... during {len(reloads.took)} reloads in a row, us",
                   f"{min(b[0] for b in busy):.0f} / {min(b[1] for b in busy):.0f}")
        added = min(b[1] for b in busy) - min(c[1] for c in calm)
        table.goal("load", "longest delay of a request that reloads add, ms", max(0, added) / 1e3,
                   5)
    image = _time(bench, bench.fix.operator, "partner-0")["image_bytes"]
    few, many = _workers(bench, 1), _workers(bench, 9)
    table.info("", "memory of one more worker, of 8 more, KB", f"{(many - few) / 8:.0f}")
    table.info("", f"... its images of such policies, {IMAGES} at most, KB", f"{IMAGES * image / 1024:.0f}")
