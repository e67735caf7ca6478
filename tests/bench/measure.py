# SPDX-License-Identifier: MIT
"""How things are measured on a machine that does other work at the same time."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import fixture
from servers import RunFailed, cores, on_core, wait_until


def cpu_times(core):
    """(idle, total) ticks of one core."""
    for line in Path("/proc/stat").read_text().splitlines():
        fields = line.split()
        if fields[0] == f"cpu{core}":
            ticks = [int(f) for f in fields[1:9]]
            return ticks[3] + ticks[4], sum(ticks)
    return 0, 0


class Quiet:
    """Waits for idle cores before a batch; counts how often that was in vain."""

    def __init__(self, limit_s=5):
        self.limit_s = limit_s
        self.cores = set().union(*cores())
        self.batches = self.noisy = 0

    def wait(self):
        self.batches += 1
        before, since = {}, 0.0

        def all_idle():
            nonlocal before, since
            now = time.monotonic()
            if before and now - since < 0.1:
                return False
            after = {c: cpu_times(c) for c in self.cores}
            idle = before and all(
                after[c][0] - before[c][0] >= 0.85 * (after[c][1] - before[c][1])
                for c in self.cores)
            before, since = after, now
            return idle
        try:
            wait_until(all_idle, self.limit_s, "idle cores")
        except RunFailed:
            self.noisy += 1


class Tools:
    """The programs of the benchmark, run on their cores with bounded time."""

    def __init__(self, build, fix):
        self.build, self.fix = build, fix

    def _load_argv(self, mode, server, client, options):
        argv = [self.build / "load", mode, "--target", server.target, "--json", "--source",
                "--sni", fixture.GATEWAY, "--path", fixture.PATH, "--cert", client.cert,
                "--key", client.key, "--body", f"@{client.body}"]
        for pid in server.pids:
            argv += ["--server-pid", pid]
        return [str(a) for a in [*argv, *options]]

    def load(self, mode, server, client, *options, limit_s=600):
        """One run; its JSON.  Whatever was not answered as expected is a failed run."""
        argv = self._load_argv(mode, server, client, options)
        done = subprocess.run(argv, capture_output=True, text=True, timeout=limit_s,
                              stdin=subprocess.DEVNULL, preexec_fn=on_core(cores()[1]))
        if done.returncode != 0:
            raise RunFailed(f"load {mode} on {server.name}: {done.stderr.strip()}\n"
                            f"{done.stdout.strip()}\n{server.log()}")
        return json.loads(done.stdout)

    def attempt(self, mode, server, client, *options):
        """One run that may fail: how many operations did not."""
        done = subprocess.run(self._load_argv(mode, server, client, options), capture_output=True,
                              timeout=120, stdin=subprocess.DEVNULL,
                              preexec_fn=on_core(cores()[1]), check=False)
        return json.loads(done.stdout)["ok"] if done.stdout else 0

    def cpu_ns(self, mode, server, client, *options):
        """Server CPU per operation."""
        result = self.load(mode, server, client, *options)
        return sum(s["cpu_ns"] for s in result["servers"]) / result["operations"]

    def hold(self, server, client, count):
        """Opens `count` connections and holds them until the context ends; yields the JSON."""
        return Held(self._load_argv("idle", server, client, ["-n", str(count), "-c", "16"]), server)

    def bare_argv(self, n, *options):
        return [str(a) for a in [
            self.build / "bare", "-n", n, "--cert", self.fix.cert, "--key", self.fix.key, "--ca",
            self.fix.ca, "--client-cert", self.fix.tls.cert, "--client-key", self.fix.tls.key,
            *options]]

    def bare_ns(self, n, *options):
        """Server CPU per handshake in memory, on one core, with the other one as busy.

        While the daemon is measured the load client keeps the other core busy. On a machine whose
        cores share execution units or a quota, a core that is busy alone is faster: a yardstick
        taken on it would be another machine's.
        """
        neighbour = subprocess.Popen(self.bare_argv(1000000, "--daemon-config"),
                                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                     preexec_fn=on_core(cores()[1]))
        try:
            done = subprocess.run(self.bare_argv(n, *options), capture_output=True, text=True,
                                  timeout=300, preexec_fn=on_core(cores()[0]))
        finally:
            neighbour.kill()
            neighbour.wait()
        if done.returncode != 0:
            raise RunFailed(f"bare: {done.stderr.strip()}")
        return json.loads(done.stdout)["min_ns"]

    def keys_ns(self):
        """Time of one derivation of the keys of an N32-f context."""
        done = subprocess.run(
            [self.build / "bare", "--keys", "2000", "--batches", "10"], text=True,
            capture_output=True, timeout=300, preexec_fn=on_core(cores()[0]))
        if done.returncode != 0:
            raise RunFailed(f"bare --keys: {done.stderr.strip()}")
        return json.loads(done.stdout)["min_ns"]

    def journal(self, folder, n):
        """What `n` records cost; its JSON."""
        done = subprocess.run([self.build / "journal", folder, str(n)], capture_output=True,
                              text=True, timeout=300)
        if done.returncode != 0:
            raise RunFailed(f"journal: {done.stderr.strip()} {done.stdout.strip()}")
        return json.loads(done.stdout)


class Held:
    """Connections that a load client holds open."""

    def __init__(self, argv, server):
        self.argv, self.server = argv, server
        self.process = None

    def __enter__(self):
        self.process = subprocess.Popen(
            self.argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, preexec_fn=on_core(cores()[1]))
        line = self.process.stdout.readline()  # the client bounds itself
        result = json.loads(line) if line else {"ok": 0, "operations": -1}
        if result["ok"] != result["operations"]:
            self.process.kill()
            _, err = self.process.communicate(timeout=60)
            raise RunFailed(f"load idle on {self.server.name}: {err.strip()}\n{line}"
                            f"{self.server.log()}")
        return result

    def __exit__(self, kind, *_):
        self.process.stdin.close()
        out = self.process.stdout.read()
        self.process.stdout.close()
        self.process.stderr.close()
        code = self.process.wait(timeout=120)
        if code != 0 and kind is None:
            raise RunFailed(f"load idle on {self.server.name} lost connections: {out.strip()}")


def rounds(quiet, tests, count, progress):
    """
    Runs every test `count` times, in rotating order, each on idle cores as far as they can be had.
    `tests` maps names to functions; returns the figures by name.
    """
    names = list(tests)
    figures = {name: [] for name in names}
    for i in range(count):
        progress(i, count)
        turn = i % len(names)
        for name in names[turn:] + names[:turn]:
            quiet.wait()
            figures[name].append(tests[name]())
    return figures


def has_valgrind():
    return shutil.which("valgrind") is not None


def callgrind(build, log, *options):
    """
    The command to put before a program; callgrind_ir() reads `log` afterwards.  Callgrind counts
    each byte of a "rep movsb" as an instruction, so that libc is told to copy with vectors; and it
    is slow, so that budgets in processor time are made patient.
    """
    return ["env", f"LD_PRELOAD={build / 'patient.so'}",
            "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1000000000:"
            "glibc.cpu.x86_rep_stosb_threshold=1000000000",
            "valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null",
            f"--log-file={log}", *options]


def callgrind_ir(log):
    """Instructions that were counted."""
    found = re.findall(r"Collected : (\d+)", log.read_text(errors="replace"))
    if not found:
        raise RunFailed(f"no instruction count in {log}:\n{log.read_text(errors='replace')[-600:]}")
    return int(found[-1])


class Strace:
    """Counts system calls of a running server while the context lasts, `lasted_s` in the end."""

    def __init__(self, directory, pid):
        self.lines, self.messages = directory / "strace", directory / "strace.err"
        self.pid = pid
        self.process = None
        self.begun = self.lasted_s = 0.0

    def __enter__(self):
        with open(self.messages, "wb") as err:
            self.process = subprocess.Popen(
                ["strace", "-f", "-e", "raw=all", "-e", "signal=none", "-o", str(self.lines),
                 "-p", str(self.pid)],
                stdin=subprocess.DEVNULL, stderr=err, preexec_fn=on_core(cores()[1]))
        wait_until(self._attached, 20, "attaching of strace")
        self.begun = time.monotonic()
        return self

    def _attached(self):
        if self.process.poll() is not None:
            raise RunFailed(f"strace: {self.messages.read_text().strip()}")
        return "attached" in self.messages.read_text()

    def __exit__(self, *_):
        self.lasted_s = time.monotonic() - self.begun
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=60)

    def calls(self):
        """Calls by name: of the threads that accept connections, and of the others."""
        threads = {}
        for line in self.lines.read_text().splitlines():
            found = re.match(r"(\d+) +(\w+)\(", line)  # not the end of one that was interrupted
            if found:
                threads.setdefault(found[1], Counter())[found[2]] += 1
        loops, others = Counter(), Counter()
        for counts in threads.values():
            (loops if counts["accept4"] else others).update(counts)
        if not loops:
            raise RunFailed("strace counted nothing")
        return loops, others
