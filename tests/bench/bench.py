#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""
Measures the daemon against its goals and against other servers; README.md explains the figures.

    tests/bench/bench.py --build build [--quick | --full] [--rounds N] [--only G1,G4]

A figure over its target is reported, not failed: exit 1 means that a run itself failed or that an
answer was not the expected one.
"""

import argparse
import json
import platform
import signal
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import crowd
import measure
import policies
from fixture import Fixture
from measure import Quiet, Strace, Tools
from servers import PEERS, Haproxy, Nghttpd, Nginx, Parleyd, RunFailed

GOALS = ("G1", "G2", "G3", "G4", "G5", "G6", "G7", "G8", "load", "journal", "mem", "lat",
         "cold", "restart", "params")


class Table:
    """Rows as they come: goal, what, measured, target, verdict."""

    def __init__(self):
        self.rows = []
        self.failed = 0

    def _print(self, goal, what, measured, target, verdict):
        self.rows.append({"goal": goal, "what": what, "measured": measured, "target": target,
                          "verdict": verdict})
        print(f"{goal:<7} {what:<58} {measured:>11} {target:>11}  {verdict}", flush=True)

    def head(self):
        print(f"{'goal':<7} {'what':<58} {'measured':>11} {'target':>11}", flush=True)

    def goal(self, goal, what, value, target, form="{:.2f}"):
        verdict = "ok" if value <= target else "OVER"
        self._print(goal, what, form.format(value), "<= " + form.format(target), verdict)

    def info(self, goal, what, text):
        self._print(goal, what, text, "", "")

    def skip(self, goal, why):
        self._print(goal, why, "skipped", "", "")

    def fail(self, goal, why):
        self.failed += 1
        self._print(goal, why.splitlines()[0][:58], "FAILED", "", "")
        print(why, file=sys.stderr, flush=True)


class Bench:
    """One run of everything that was asked for."""

    def __init__(self, options, directory):
        self.options = options
        self.fix = Fixture(directory)
        self.tools = Tools(options.build, self.fix)
        self.quiet = Quiet(limit_s=2 if options.quick else 5)
        self.table = Table()
        self.labels = 0

    def parleyd(self, under=()):
        return Parleyd(self.fix, self.label("parleyd"), self.options.build, under)

    def label(self, name):
        self.labels += 1
        return f"{name}{self.labels}"

    def peers(self, stack, goal, wanted):
        """Starts those of `wanted` that are installed, and says which are not."""
        up = {}
        for peer in wanted:
            why = peer.missing()
            if why:
                self.table.skip(goal, why)
                continue
            try:
                up[peer.name] = stack.enter_context(peer(self.fix, self.label(peer.name)))
            except RunFailed as e:
                self.table.fail(goal, str(e))
        return up

    def progress(self, name):
        def show(i, count):
            if sys.stderr.isatty():
                print(f"\r{name}: round {i + 1} of {count}  ", end="\r", file=sys.stderr)
        return show

    def rounds(self, name, tests):
        return {k: min(v) for k, v in measure.rounds(
            self.quiet, tests, self.options.rounds, self.progress(name)).items()}

    # --- G1, G2, G4: new connections

    def negotiations(self):
        def batch(server, *how):
            return lambda: self.tools.cpu_ns("conn", server, self.fix.tls, "-n", "200", "-c", "8",
                                             "--warmup", "20", *how)
        with ExitStack() as stack:
            daemon = stack.enter_context(self.parleyd())
            up = self.peers(stack, "G4", [Nginx, Haproxy])
            tests = {"daemon": batch(daemon, "--close", "server"),
                     "stock": lambda: self.tools.bare_ns(200),
                     "own": lambda: self.tools.bare_ns(200, "--daemon-config")}
            tests.update((name, batch(server)) for name, server in up.items())
            best = self.rounds("negotiations", tests)
        stock, table = best["stock"], self.table
        rest = (best["daemon"] - best["own"]) / stock
        what = "(negotiation - bare handshake) / stock bare handshake"
        if rest > 0:
            table.goal("G1", what, rest, 0.27)
        else:
            table.info("G1", what, "only noise")
        table.goal("G2", "negotiation / stock bare handshake", best["daemon"] / stock, 0.95)
        table.info("", "stock bare handshake, least CPU", f"{stock / 1e3:.0f} us")
        table.info("", "bare handshake of the daemon's configuration",
                   f"{best['own'] / 1e3:.0f} us")
        for name, value in best.items():
            if name not in ("stock", "own"):
                table.info("", f"{name}: CPU per negotiation, 8 in flight", f"{value / 1e3:.0f} us")
        for name, target in (("nginx", 0.70), ("haproxy", 0.60)):
            if name in best:
                table.goal("G4", f"negotiation / {name} with Lua", best["daemon"] / best[name],
                           target)

    # --- G3: instructions

    def instructions(self):
        if not measure.has_valgrind():
            self.table.skip("G3", "valgrind is not installed")
            return
        n = 100
        # threads that write to the disk do so every 50 ms, whatever comes in: under callgrind that
        # would be after nearly each negotiation
        loops = "--toggle-collect=loop_run"
        (more, most), (less, least) = self._daemon_ir(2 * n, loops), self._daemon_ir(n, loops)
        daemon = (more - less) / (most - least)
        bare = (self._bare_ir(2 * n) - self._bare_ir(n)) / n
        self.table.goal("G3", "instructions of a negotiation beyond the handshake, thousands",
                        (daemon - bare) / 1e3, 180, "{:.0f}")
        self.table.goal("G3", "instructions of a negotiation / of its handshake", daemon / bare,
                        1.05, "{:.3f}")
        self.table.info("", "instructions of a negotiation, thousands", f"{daemon / 1e3:.0f}")

    def _daemon_ir(self, n, *options):
        """Instructions, and of how many negotiations."""
        log = self.fix.directory / self.label("callgrind")
        with self.parleyd(measure.callgrind(self.options.build, log, *options)) as server:
            # callgrind translates what runs for the first time: a turn can then take more than a
            # second, which is overload.  What that is answered does not matter; but the chain has
            # to be known before eight at once would verify it.
            done = 0
            for _ in range(10):
                done += self.tools.attempt("conn", server, self.fix.tls, "-n", "4", "-c", "1")
                if done >= 4:
                    break
            self.tools.load("conn", server, self.fix.tls, "-n", str(n), "-c", "8", "--close",
                            "server", "--timeout", "120")
        return measure.callgrind_ir(log), done + n

    def _bare_ir(self, n):
        log = self.fix.directory / self.label("callgrind")
        subprocess.run(measure.callgrind(self.options.build, log, "--toggle-collect=server_side") +
                       self.tools.bare_argv(n, "--daemon-config", "--warmup", "0"),
                       capture_output=True, timeout=600, check=True)
        return measure.callgrind_ir(log)

    # --- G5: connections that stay open

    def kept(self):
        shapes = {"c8 m8": ["-c", "8", "-m", "8"], "c32 m1": ["-c", "32", "-m", "1"]}
        with ExitStack() as stack:
            daemon = stack.enter_context(self.parleyd())
            up = self.peers(stack, "G5", [Nginx, Haproxy, Nghttpd])
            for shape, options in shapes.items():
                self._kept_shape(shape, options, daemon, up)

    def _kept_shape(self, shape, options, daemon, up):
        n = "5000" if self.options.quick else "20000"

        def batch(server, *more):
            return lambda: self.tools.cpu_ns("keep", server, self.fix.prins, "-n", n, "--warmup",
                                             "500", *options, *more)
        tests = {"daemon": batch(daemon)}
        tests.update((name, batch(server)) for name, server in up.items())
        if "nghttpd" in up:  # a request that no policy sees
            tests["no policy"] = batch(daemon, "--path", "/n32c-handshake/v1/nothing", "--expect",
                                       "404")
        best = self.rounds(f"kept connections {shape}", tests)
        for name, value in best.items():
            self.table.info("", f"{name}: CPU per request, {shape}", f"{value / 1e3:.1f} us")
        targets = {"nginx": 0.65 if shape == "c8 m8" else 0.75, "haproxy": 0.60}
        for name, target in targets.items():
            if name in best:
                self.table.goal("G5", f"request / {name} with Lua, {shape}",
                                best["daemon"] / best[name], target)
        if "no policy" in best:
            self.table.goal("G5", f"request without policy / nghttpd, {shape}",
                            best["no policy"] / best["nghttpd"], 0.90)

    # --- G7: idle connections

    def idle(self):
        counts = [1000] if self.options.quick else [1000, 5000]
        each = {}
        for count in counts:
            with self.parleyd() as server:
                each[count] = self._idle_kb(server, count)
            self.table.goal("G7", f"memory of an idle kept connection, {count} of them, KB",
                            each[count], 36, "{:.1f}")
        if len(each) == 2:
            self.table.goal("G7", "difference between the two, KB",
                            abs(each[5000] - each[1000]), 1, "{:.1f}")
        for peer in ([] if self.options.quick else PEERS):
            if peer.missing():
                continue
            with peer(self.fix, self.label(peer.name)) as server:
                self.table.info("", f"{peer.name}: idle connection, 1000 of them, KB",
                                f"{self._idle_kb(server, 1000):.1f}")
        if self.options.full:
            self._growth()

    def _idle_kb(self, server, count):
        self.tools.load("conn", server, self.fix.tls, "-n", "50", "-c", "8")
        with self.tools.hold(server, self.fix.prins, count) as result:
            return sum(s["anon_after_kb"] - s["anon_before_kb"] for s in result["servers"]) / count

    def _growth(self):
        count = 5000
        with self.parleyd() as server:
            peaks = []
            for i in range(10):
                self.progress("open and close")(i, 10)
                with self.tools.hold(server, self.fix.prins, count) as result:
                    peaks.append(result["servers"][0]["anon_after_kb"])
        self.table.goal("G7", "growth of memory over 10 x 5000 opened and closed, %",
                        100 * (peaks[-1] - peaks[1]) / peaks[1], 1, "{:.1f}")

    # --- G8: system calls

    def system_calls(self):
        n = 1000
        try:
            with self.parleyd() as server:
                cpu_ns = self.tools.cpu_ns("conn", server, self.fix.tls, "-n", "200", "-c", "8",
                                           "--warmup", "20", "--close", "server")
                with Strace(server.dir, server.pids[0]) as strace:
                    self.tools.load("conn", server, self.fix.tls, "-n", str(n), "-c", "8",
                                    "--close", "server", "--timeout", "60")
        except FileNotFoundError:
            self.table.skip("G8", "strace is not installed")
            return
        # strace slows the loops down, but not what other threads do every so many milliseconds:
        # those count with what they do in the time that a negotiation takes without it
        loops, others = strace.calls()
        apart = cpu_ns / 1e9 * sum(others.values()) / strace.lasted_s
        self.table.goal("G8", "system calls per negotiation, 8 in flight",
                        sum(loops.values()) / n + apart, 15, "{:.1f}")
        print("      " + "  ".join(f"{name} {c / n:.2f}" for name, c in loops.most_common()
                                   if c > n / 20) + f"  other threads {apart:.2f}")
        self.table.info("", "system calls of the other threads in a second",
                        f"{sum(others.values()) / strace.lasted_s:.0f}")
        print("      " + "  ".join(f"{name} {c / strace.lasted_s:.0f}"
                                   for name, c in others.most_common(8)))

    # --- the journal of decisions

    def journal(self):
        n = 20000 if self.options.quick else 100000
        folder = self.fix.directory / self.label("journal")
        folder.mkdir()
        runs = []
        for i in range(min(self.options.rounds, 5)):
            self.progress("journal")(i, min(self.options.rounds, 5))
            self.quiet.wait()
            runs.append(self.tools.journal(folder, n))
        best = {key: min(run[key] for run in runs) for key in runs[0]}
        with self.parleyd() as server:
            whole = min(self.tools.cpu_ns("conn", server, self.fix.tls, "-n", "200", "-c", "8",
                                          "--warmup", "20", "--close", "server")
                        for _ in range(min(self.options.rounds, 5))) / 1e3
        table = self.table
        table.info("", "record of a usual decision, bytes", f"{best['bytes']:.0f}")
        table.goal("journal", "CPU of the worker for a record, us", best["worker_us"], 3)
        table.info("", "CPU of the writer for a record, us", f"{best['writer_us']:.2f}")
        table.info("", "share of a negotiation's CPU, worker and writer",
                   f"{100 * (best['worker_us'] + best['writer_us']) / whole:.2f} %")

    # --- memory over many operations, latency

    def endurance(self):
        scale = 10 if self.options.quick else 1
        kept, fresh = 200000 // scale, 20000 // scale
        with self.parleyd() as server:
            self._flat(server, f"{kept} posts on 10 x 10 kept streams", "keep", self.fix.prins,
                       kept, "-c", "10", "-m", "10")
        with self.parleyd() as server:
            self._flat(server, f"{fresh} negotiations", "conn", self.fix.tls, fresh, "-c", "8",
                       "--close", "server")

    def _flat(self, server, what, mode, client, total, *options):
        # a run before the two halves, for what grows once (free lists, fragments)
        peak = [self.tools.load(mode, server, client, "-n", str(n), *options)
                ["servers"][0]["anon_after_kb"] for n in (total // 10, total // 2, total // 2)][1:]
        self.table.goal("mem", f"growth in the second half, {what}, KB", peak[1] - peak[0], 128,
                        "{:.0f}")
        self.table.info("", f"private memory after {what}, KB", str(peak[1]))

    def latency(self):
        with self.parleyd() as server:
            for what, mode, client, options in (
                    ("200 negotiations a second", "conn", self.fix.tls, ["-n", "600", "--rate",
                                                                         "200", "-c", "64"]),
                    ("2000 kept requests a second", "keep", self.fix.prins,
                     ["-n", "6000", "--rate", "2000", "-c", "8", "-m", "8"])):
                self.quiet.wait()
                us = self.tools.load(mode, server, client, "--warmup", "50",
                                     *options)["latency_us"]
                self.table.info("", f"{what}, open loop: p50 / p99, us",
                                f"{us['p50']:.0f} / {us['p99']:.0f}")

    def run(self):
        parts = {"G1": self.negotiations, "G3": self.instructions, "G5": self.kept,
                 "G7": self.idle, "G8": self.system_calls, "mem": self.endurance,
                 "lat": self.latency, "journal": self.journal}
        parts.update({"G6": lambda: policies.decisions(self), "load": lambda: policies.reload(self)})
        parts.update({"cold": lambda: crowd.cold(self), "restart": lambda: crowd.restart(self),
                      "params": lambda: crowd.params(self)})
        parts.update({"G2": self.negotiations, "G4": self.negotiations})
        wanted = self.options.only or [g for g in GOALS if g not in ("G2", "G4")]
        chosen = dict.fromkeys(parts[w] for w in wanted)
        self.table.head()
        for part in chosen:
            try:
                part()
            except (RunFailed, subprocess.SubprocessError, OSError) as e:
                self.table.fail(part.__name__[:7].strip("<>"), str(e))
        noisy, batches = self.quiet.noisy, self.quiet.batches
        print(f"{noisy} of {batches} batches began on a busy machine"
              + (": do not trust the processor times" if noisy > batches / 4 else ""))
        return 1 if self.table.failed else 0


def parse(argv):
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 2)[1])
    parser.add_argument("--build", type=Path, default=Path("build"), help="where the programs are")
    parser.add_argument("--quick", action="store_true", help="few rounds, small counts")
    parser.add_argument("--full", action="store_true", help="also the growth of memory (G7)")
    parser.add_argument("--rounds", type=int, help="alternating batches (20; --quick: 5)")
    parser.add_argument("--only", type=lambda t: t.split(","),
                        help="of " + ",".join(GOALS))
    parser.add_argument("--json", type=Path, help="also write the rows to this file")
    options = parser.parse_args(argv)
    options.build = options.build.resolve()
    options.rounds = options.rounds or (5 if options.quick else 20)
    if options.only and not set(GOALS).issuperset(options.only):
        parser.error("--only takes " + ",".join(GOALS))
    for program in ("parleyd", "load", "bare", "journal", "crowd", "patient.so"):
        if not (options.build / program).exists():
            parser.error(f"{options.build / program} is missing: build it first")
    return options


def main(argv):
    options = parse(argv)
    # the usual unwinding stops the servers and removes the directory
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("bench: terminated"))
    print(f"{platform.system()} {platform.release()}, cores {measure.cores()}")
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as directory:
        Path(directory).chmod(0o755)
        bench = Bench(options, Path(directory))
        code = bench.run()
    if options.json:
        options.json.write_text(json.dumps(bench.table.rows, indent=1) + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
