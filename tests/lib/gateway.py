# SPDX-License-Identifier: MIT
"""The daemon under test: started on a directory, asked over its Unix socket, stopped.

The programs come from PARLEY_BUILD, by default build/.  What the daemon logs is kept, and printed
when a test fails.
"""

import http.client
import json
import os
import pathlib
import signal
import socket
import subprocess
import tempfile

from lib.waiting import SLOWNESS, Deadline, readable
from lib.wire import TimedOut

START_S = 20.0
STOP_S = 20.0
POLL_S = 0.01
IN_FORCE = ("agreed_tls", "agreed_prins", "exchanging_params", "established", "renegotiating")

started = []  # every gateway, so that the report of a failure can show its log


def program(name):
    """The path of a built program."""
    here = pathlib.Path(__file__).resolve().parents[2]
    return str(here / os.environ.get("PARLEY_BUILD", "build") / name)


def parleyctl(*arguments, timeout=30):
    """Runs parleyctl to its end.  Returns a CompletedProcess with text."""
    return subprocess.run([program("parleyctl"), *map(str, arguments)], capture_output=True,
                          text=True, timeout=timeout * SLOWNESS, check=False)


class UnixConnection(http.client.HTTPConnection):
    """HTTP/1.1 over a Unix socket."""

    def __init__(self, path, timeout):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Gateway:
    """One parleyd."""

    def __init__(self, directory, *arguments, environment=None, within=()):
        self.directory, self.fqdn = directory, directory.fqdn
        self.environment = environment  # that of this process if None
        self.within = within  # a command that becomes the daemon, such as prlimit(1)
        self.arguments = arguments
        self.folder = tempfile.TemporaryDirectory(prefix="parley-")
        self.socket = pathlib.Path(self.folder.name) / "parleyd.sock"
        self.stderr = open(pathlib.Path(self.folder.name) / "log", "w+b", buffering=0)
        self.process = self.pidfd = self.ready = self.address = None

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def spawn(self):
        """Starts the process without waiting for it."""
        command = [*self.within, program("parleyd"), str(self.directory.policies), "--socket", str(self.socket),
                   "--log-level", "debug", *self.arguments]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=self.stderr,
                                        stdout=subprocess.PIPE, bufsize=0,
                                        env=self.environment)
        self.pidfd = os.pidfd_open(self.process.pid)
        started.append(self)
        return self

    def start(self):
        """Starts the process and waits for its ready line."""
        self.spawn()
        self.ready = json.loads(self._first_line() or self._fail("no ready line"))
        self.address = self.ready["n32c"][0]
        return self

    def _first_line(self):
        deadline, line = Deadline(START_S), b""
        while not line.endswith(b"\n"):
            if not readable(self.process.stdout, deadline.left()):
                self._fail("the ready line does not come")
            more = os.read(self.process.stdout.fileno(), 4096)
            if not more:
                return b""
            line += more
        return line

    def _fail(self, what):
        self.kill()
        raise AssertionError(f"{what}\n{self.log()}")

    def log(self, since=0):
        """What was logged, from that byte on."""
        size = os.fstat(self.stderr.fileno()).st_size
        return os.pread(self.stderr.fileno(), size, since).decode("utf-8", "replace")

    def log_size(self):
        return os.fstat(self.stderr.fileno()).st_size

    def signal(self, number):
        self.process.send_signal(number)

    def has_ended(self, timeout=0.0):
        """Whether the process ends within the time."""
        return self.process.returncode is not None or readable(self.pidfd, timeout * SLOWNESS)

    def wait(self, timeout=STOP_S):
        """Waits for the process to end.  Returns its exit code, negative for a signal."""
        if not self.has_ended(timeout):
            raise TimedOut("the process does not end")
        if self.process.returncode is None:
            self.process.wait()
            self.process.stdout.close()
            os.close(self.pidfd)
        return self.process.returncode

    def is_running(self):
        return self.process is not None and not self.has_ended()

    def stop(self):
        """Ends the process politely, and checks that it goes with 0."""
        if self.process is None or self.process.returncode is not None:
            return
        self.signal(signal.SIGTERM)
        if not self.has_ended(STOP_S):
            self._fail("SIGTERM does not end the process")
        code = self.wait()
        assert code == 0, f"exit code {code}\n{self.log()}"

    def kill(self):
        self.process.kill()
        self.wait()

    def admin(self, method, path, body=None, timeout=10.0):
        """One request of the admin API.  Returns (status, text)."""
        connection = UnixConnection(self.socket, timeout * SLOWNESS)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            return response.status, response.read().decode()
        finally:
            connection.close()

    def ask(self, path):
        """The JSON of a GET."""
        status, text = self.admin("GET", path)
        assert status == 200, f"GET {path}: {status} {text}"
        return json.loads(text)

    def status(self):
        return self.ask("/v1/status")

    def partners(self):
        """What is known of each partner, by name."""
        return {item["name"]: item for item in self.ask("/v1/partners")["partners"]}

    def partner(self, name):
        return self.partners()[name]

    def state(self, name):
        return self.partner(name)["state"]

    def has_in_force(self, name):
        """Whether there is an agreement with the partner, whatever is under way."""
        known = self.partner(name)
        return known["capability"] in ("TLS", "PRINS") and known["state"] in IN_FORCE

    def agrees(self, *names):
        """Waits until there is one with each, and nothing is under way."""
        for name in names:
            self.until(lambda: self.state(name) in ("agreed_tls", "established"), 10)

    def ctl(self, *arguments):
        """Runs a command of parleyctl on this daemon, to its end.  Returns a CompletedProcess."""
        return parleyctl("--socket", self.socket, "--json", *arguments)

    def command(self, *arguments):
        """The same for one that has to succeed.  Returns its JSON."""
        done = self.ctl(*arguments)
        assert done.returncode == 0, f"{arguments}: {done.returncode} {done.stdout}{done.stderr}"
        return json.loads(done.stdout)

    def contexts(self, partner=None):
        """The N32-f contexts that there are, of all partners or of one."""
        every = self.ask("/v1/contexts")["contexts"]
        return [one for one in every if partner in (None, one["partner"])]

    def context(self, known):
        """The entry of a context that a partner knows as this keys.Context, or None."""
        found = [one for one in self.contexts() if one["id"].lower() == known.peer_id.lower()
                 and one["peer_id"].lower() == known.id.lower()]
        assert len(found) < 2, f"one context twice: {found}"
        return found[0] if found else None

    def cpu_s(self):
        """The processor time that it has used."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            ticks = stat.read().rsplit(")", 1)[1].split()[11:13]
        return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")

    def open_connections(self):
        return self.status()["connections"]["open"]

    def holds_nothing(self):
        """Whether there is no connection in any state."""
        return not any(self.status()["connections"].values())

    def metrics(self):
        """The samples of /metrics, by name with labels."""
        status, text = self.admin("GET", "/metrics")
        assert status == 200, f"GET /metrics: {status}"
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and line[0] != "#"]
        return {name: float(value) for name, value in lines}

    def reload(self, apply=False):
        """Asks for a reload, as `parleyctl reload` does.  Returns (status, answer)."""
        status, text = self.admin("POST", "/v1/reload?apply=1" if apply else "/v1/reload")
        return status, json.loads(text)

    def rollback(self, generation=None):
        """Asks for a rollback.  Returns (status, answer)."""
        query = "" if generation is None else f"?generation={generation}"
        status, text = self.admin("POST", f"/v1/rollback{query}")
        return status, json.loads(text)

    def logs(self, text, timeout=5.0):
        """Waits until the log holds a text: its lines are written by a thread of their own."""
        return self.until(lambda: text in self.log(), timeout)

    def until(self, question, timeout=5.0):
        """Asks again and again until the answer is true, or the process or the time ends."""
        deadline = Deadline(timeout)
        while True:
            answer = question()
            if answer:
                return answer
            if deadline.passed():
                raise TimedOut(f"it does not become true within {timeout} s")
            if self.process.returncode is None and readable(self.pidfd, POLL_S):
                raise AssertionError(f"the process has ended with {self.wait()}")
