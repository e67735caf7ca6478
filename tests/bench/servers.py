# SPDX-License-Identifier: MIT
"""The servers that are compared: started on a core, found by pid, stopped by pid."""

import json
import os
import resource
import select
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

import fixture

LUA_DECISION = """\
  local request = cjson.decode(body)
  local roaming = false
  for _, purpose in ipairs(request.intendedUsagePurpose) do
    if purpose.usagePurpose == "ROAMING" then roaming = true end
  end
  local offered = {}
  for _, capability in ipairs(request.supportedSecCapabilityList) do offered[capability] = true end
  local selected = roaming and (offered.TLS and "TLS" or "PRINS") or "NONE"
  local answer = cjson.encode {
    sender = "%s",
    selectedSecCapability = selected,
    ["3GppSbiTargetApiRootSupported"] = true,
    plmnIdList = { { mcc = "999", mnc = "70" } },
    allowedUsagePurpose = { { usagePurpose = "ROAMING" } },
  }
""" % fixture.GATEWAY

NGINX_CONF = """\
load_module {modules}/ndk_http_module.so;
load_module {modules}/ngx_http_lua_module.so;
daemon off;
worker_processes 1;
worker_rlimit_nofile {files};
pid {dir}/pid;
error_log {dir}/error.log warn;
events {{ worker_connections 16384; use epoll; }}
http {{
  access_log off;
  client_body_temp_path {dir}/body;
  proxy_temp_path {dir}/proxy;
  fastcgi_temp_path {dir}/fastcgi;
  uwsgi_temp_path {dir}/uwsgi;
  scgi_temp_path {dir}/scgi;
  keepalive_requests 100000000;
  keepalive_timeout 600s;
  lua_code_cache on;
  init_by_lua_block {{ cjson = require "cjson" }}
  server {{
    listen 127.0.0.1:{port} ssl http2 backlog=4096;
    ssl_certificate {cert};
    ssl_certificate_key {key};
    ssl_client_certificate {ca};
    ssl_verify_client on;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_tickets off;
    ssl_session_cache off;
    ssl_conf_command NumTickets 0;
    location = {path} {{
      content_by_lua_block {{
  ngx.req.read_body()
  local body = ngx.req.get_body_data()
{decision}
  ngx.header.content_type = "application/json"
  ngx.header.content_length = #answer
  ngx.print(answer)
      }}
    }}
  }}
}}
"""

HAPROXY_CONF = """\
global
  maxconn {maxconn}
  nbthread 1
  tune.ssl.cachesize 0
  tune.h2.max-concurrent-streams 128
  lua-load {dir}/service.lua
defaults
  mode http
  timeout client 600s
  timeout http-request 30s
  timeout http-keep-alive 600s
frontend load
  bind 127.0.0.1:{port} ssl crt {dir}/both.pem ca-file {ca} verify required alpn h2 no-tls-tickets \
ssl-min-ver TLSv1.2 backlog 4096
  option http-buffer-request
  http-request use-service lua.negotiate
"""

HAPROXY_LUA = """\
local cjson = require "cjson"

core.register_service("negotiate", "http", function(applet)
  local body = applet:receive()
{decision}
  applet:set_status(200)
  applet:add_header("content-type", "application/json")
  applet:add_header("content-length", #answer)
  applet:start_response()
  applet:send(answer)
end)
"""


class RunFailed(Exception):
    """A server or tool did not do its work: the figure is not to be had."""


def wait_until(condition, limit_s, what):
    """Polls `condition` until it is true and returns its value; bounded."""
    end = time.monotonic() + limit_s
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise RunFailed(f"{what} did not happen within {limit_s} s")
        select.select([], [], [], 0.01)


def free_port():
    """A port that was free a moment ago; for peers that cannot say which one they took."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def is_listening(port):
    """Whether somebody listens on 127.0.0.1:port, without connecting to it."""
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if fields[3] == "0A" and fields[1].endswith(f":{port:04X}"):
            return True
    return False


def cores():
    """(server's core, client's core) as sets; the same where there is only one."""
    usable = sorted(os.sched_getaffinity(0))
    return {usable[0]}, {usable[-1]}


def on_core(core):
    """For preexec_fn: pins the child and lifts its limit on open files."""
    def prepare():
        os.sched_setaffinity(0, core)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return prepare


class Server:
    """A running server.  `pids` are the processes whose time and memory count."""

    name = "server"

    def __init__(self, fix, label):
        self.fix = fix
        self.dir = fix.directory / label
        self.dir.mkdir()
        self.out, self.err = self.dir / "stdout", self.dir / "stderr"
        self.port = 0
        self.process = None

    @classmethod
    def missing(cls):
        """Why it cannot be measured here, or None."""
        return None

    def _start(self, argv, ready, limit_s=20):
        with open(self.out, "wb") as out, open(self.err, "wb") as err:
            self.process = subprocess.Popen(
                [str(a) for a in argv], stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                preexec_fn=on_core(cores()[0]))

        def alive_and_ready():
            if self.process.poll() is not None:
                raise RunFailed(f"{self.name} ended at start:\n{self.log()}")
            return ready()
        try:
            wait_until(alive_and_ready, limit_s, f"start of {self.name}")
        except RunFailed:
            self.stop()
            raise

    @property
    def pids(self):
        return [self.process.pid]

    @property
    def target(self):
        return f"127.0.0.1:{self.port}"

    def rss_kb(self):
        """Anonymous memory, its share of it (PSS)."""
        text = Path(f"/proc/{self.process.pid}/smaps_rollup").read_text()
        return next(int(line.split()[1]) for line in text.splitlines()
                    if line.startswith("Pss_Anon:"))

    def log(self):
        """The end of what it wrote to standard error."""
        return "\n".join(self.err.read_text(errors="replace").splitlines()[-12:])

    def is_alive(self):
        return self.process.poll() is None

    def stop(self):
        """Ends it politely, then not; bounded."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.send_signal(signal.SIGKILL)
                self.process.wait(timeout=10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Parleyd(Server):
    """The daemon; `under` is a command to run it under, `state` a directory that outlives it."""

    name = "parleyd"

    def __init__(self, fix, label, build, under=(), operator=None, state=None):
        super().__init__(fix, label)
        program = build / "parleyd"
        argv = [*under, program, operator or fix.operator, "--socket", self.dir / "socket"]
        done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20)
        usage = done.stdout + done.stderr
        if "--state" in usage:
            argv += ["--state", state or self.dir / "state"]
        lab = bool(under) and "--no-jail" in usage  # valgrind makes its code as it runs
        if lab:
            argv.append("--no-jail")
        if not operator:
            fix.write_gateway(lab)
        self._start(argv, self._ready, 120 if under else 20)

    def _ready(self):
        line, newline, _ = self.out.read_text().partition("\n")
        if not newline:
            return False
        ready = json.loads(line)
        self.port = int(ready["n32c"][0].rsplit(":", 1)[1])
        return ready["ready"]


class Peer(Server):
    """A yardstick from the distribution."""

    program = ""

    @classmethod
    def missing(cls):
        path = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
        return None if shutil.which(cls.program, path=path) else f"{cls.program} is not installed"

    def _ready(self):
        return is_listening(self.port)


class Nginx(Peer):
    name = program = "nginx"
    modules = Path("/usr/lib/nginx/modules")

    def __init__(self, fix, label):
        super().__init__(fix, label)
        self.port = free_port()
        conf = self.dir / "nginx.conf"
        conf.write_text(NGINX_CONF.format(
            modules=self.modules, dir=self.dir, port=self.port, cert=fix.cert, key=fix.key,
            ca=fix.ca, path=fixture.PATH, decision=LUA_DECISION,
            files=resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
        self._start([shutil.which("nginx") or "/usr/sbin/nginx", "-p", self.dir, "-c", conf,
                     "-e", self.err], self._workers_up)

    @classmethod
    def missing(cls):
        if not (cls.modules / "ngx_http_lua_module.so").exists():
            return "nginx's Lua module is not installed"
        return super().missing()

    @property
    def pids(self):
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def _workers_up(self):
        return self._ready() and self.pids


class Haproxy(Peer):
    name = program = "haproxy"

    def __init__(self, fix, label):
        super().__init__(fix, label)
        self.port = free_port()
        both = self.dir / "both.pem"
        both.write_text(fix.cert.read_text() + fix.key.read_text())
        both.chmod(0o600)
        (self.dir / "service.lua").write_text(HAPROXY_LUA.format(decision=LUA_DECISION))
        conf = self.dir / "haproxy.cfg"
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        conf.write_text(HAPROXY_CONF.format(dir=self.dir, port=self.port, ca=fix.ca,
                                            maxconn=min(16384, files // 2 - 200)))
        self._start([shutil.which("haproxy") or "/usr/sbin/haproxy", "-db", "-f", conf],
                    self._ready)


class Nghttpd(Peer):
    """A file over HTTP/2: asks for the client's certificate, does not check the chain."""

    name = program = "nghttpd"

    def __init__(self, fix, label):
        super().__init__(fix, label)
        self.port = free_port()
        page = self.dir / "www" / fixture.PATH.lstrip("/")
        page.parent.mkdir(parents=True)
        page.write_text("x" * 161)
        self._start([shutil.which("nghttpd") or "/usr/sbin/nghttpd", "--verify-client", "-n1",
                     "-d", self.dir / "www", "-a", "127.0.0.1", self.port, fix.key, fix.cert],
                    self._ready)


PEERS = [Nginx, Haproxy, Nghttpd]
