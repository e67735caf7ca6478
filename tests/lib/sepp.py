# SPDX-License-Identifier: MIT
"""A roaming partner's SEPP that a gateway can connect to, and that does what a test says.

    sepp = Sepp()                                         # has an address, serves nobody yet
    sepp.serve(directory.partner("alpha", "001-01", address=sepp.address, initiate=True))
    sepp.script(lambda exchange: exchange.problem(503), DECENT)      # one after the other
    first, second = sepp.wait_requests(2)

or Sepp.of(directory, "alpha", "001-01") for the first two.  Without a script it is decent: it
selects what it prefers, exchanges parameters and derives keys, and answers 204 to error reports.
It demands a certificate of its clients.  As a client it is its `peer`.  One thread serves all
connections; stop() ends it, and fails if a handler did.
"""

import selectors
import socket
import threading

from lib import keys
from lib.peer import CAPABILITY_PATH, ERROR_PATH, PARAMS_PATH, TERMINATE_PATH, new_id
from lib.served import Served
from lib.tls import Settings
from lib.waiting import SLOWNESS, Deadline
from lib.wire import TIMEOUT, TimedOut

BACKLOG = 64
JWE, JWS = ("A128GCM", "A256GCM"), ("ES256",)
ROOT = "3GppSbiTargetApiRootSupported"

started = []  # every one that serves, so that the report of a failure can show its records


def decent(exchange):
    """The handler of a decent SEPP."""
    exchange.default()


def silent(exchange):
    """The handler of a SEPP that says nothing."""
    exchange.nothing()


DECENT, SILENT = decent, silent


class Sepp:
    """The server; `connections` and `requests` are in the order in which they came."""

    def __init__(self, host="127.0.0.1", prefers=("PRINS", "TLS"), jwe=JWE, key_context="receiver",
                 ends_after_tls=True, **tls):
        """`ends_after_tls`: sends GOAWAY when PRINS was not selected, as the responder should.

        `tls`: minimum, maximum, ems, alpn as in lib.tls.Settings.
        """
        self.prefers, self.jwe, self.key_context, self.tls = prefers, jwe, key_context, tls
        self.listener = socket.create_server((host, 0), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.address = "%s:%d" % self.listener.getsockname()[:2]
        self.port = self.listener.getsockname()[1]
        self.connections, self.requests, self.contexts, self.failures = [], [], [], []
        self.ends_after_tls = ends_after_tls
        self.handlers = {None: [DECENT]}
        self.peer = self.settings = self.thread = None
        self.selector = selectors.DefaultSelector()
        self.commands, self.is_stopping = [], False
        self.changed = threading.Condition(threading.RLock())
        self.wake_out, self.wake_in = socket.socketpair()
        self.wake_out.setblocking(False)
        self.wake_in.setblocking(False)

    @classmethod
    def of(cls, directory, name, plmn, hooks="", sepp=None, **fields):
        """Adds a partner that is initiated with to the directory, and serves as it.

        `sepp` has the arguments of Sepp; fields are those of the partner's file.
        """
        made = cls(**(sepp or {}))
        fields = {"address": made.address, "initiate": True, **fields}
        return made.serve(directory.partner(name, plmn, hooks, **fields))

    def serve(self, peer):
        """Begins to accept, as this Peer."""
        self.peer = peer
        self.present(peer)
        self.selector.register(self.listener, selectors.EVENT_READ, self._accept)
        self.selector.register(self.wake_in, selectors.EVENT_READ, self._drain_wake)
        self.thread = threading.Thread(target=self._step, args=(self._loop,), daemon=True,
                                       name=f"sepp {peer.name}")
        self.thread.start()
        started.append(self)
        return self

    def present(self, peer=None, **tls):
        """New connections get the certificate of this Peer, and these TLS options."""
        self.tls.update(tls)
        self.settings = Settings(peer or self.peer, **self.tls)
        return self

    def script(self, *handlers, path=None):
        """Requests get one handler after the other, and from then on the last.

        A handler is called as handler(exchange) by the thread that serves: it may not wait.  With a
        path the script is for its requests only, and goes before one for all.
        """
        with self.changed:
            self.handlers[path] = list(handlers) or [DECENT]
        return self

    def stop(self):
        """Ends the thread and all connections.  What failed in the thread fails the test now."""
        if self.thread:
            self.is_stopping = True
            self.post(lambda: None)
            self.thread.join(TIMEOUT * SLOWNESS)
            assert not self.thread.is_alive(), f"the thread does not end: {self}"
        for sock in (self.listener, self.wake_out, self.wake_in):
            sock.close()
        assert not self.failures, "; ".join(self.failures)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    # what a test waits for

    def wait_for(self, predicate, timeout=TIMEOUT, what="what was waited for"):
        """Waits until predicate() is true.  Returns its value."""
        deadline = Deadline(timeout)
        with self.changed:
            while True:
                value = predicate()
                if value:
                    return value
                if not self.changed.wait(deadline.left()) and deadline.passed():
                    raise TimedOut(f"{what} does not happen within {timeout} s; {self}")

    def of_path(self, path=None):
        """The requests of that path so far, or all."""
        return [request for request in list(self.requests) if path in (None, request.path)]

    def wait_requests(self, count, path=None, timeout=TIMEOUT):
        """Waits for that many requests in all.  Returns all of that path."""
        return self.wait_for(
            lambda: len(self.of_path(path)) >= count and self.of_path(path), timeout,
            f"request {count} of {path or 'any path'}")

    def wait_connections(self, count, timeout=TIMEOUT):
        """Waits for that many TLS connections, or attempts at one.  Returns them all."""
        return self.wait_for(lambda: len(self.connections) >= count and list(self.connections),
                             timeout, f"connection {count}")

    def wait_connection_end(self, index=-1, timeout=TIMEOUT):
        """Waits until the client has ended a connection.  Returns the Served."""
        connection = self.wait_connections(max(index, 0) + 1)[index]
        self.wait_for(lambda: connection.end, timeout, f"the end of connection {index}")
        return connection

    def context(self, ident):
        """The context with that id, of either side, or None."""
        found = [c for c in self.contexts if ident.lower() in (c.id.lower(), c.peer_id.lower())]
        return found[0] if found else None

    # what it does as a client

    def establish(self, gateway, jwe=JWE, context=None, **tls):
        """Negotiates PRINS and the suites with a gateway.  Returns the keys.Context."""
        made = self.peer.establish(gateway, jwe, self.key_context, context, **tls)
        self.contexts.append(made)
        return made

    def ping(self, index=-1, payload=b"parley!!"):
        """Sends a PING on a connection that it accepted."""
        connection = self.connections[index]
        self.post(lambda: connection.ping(payload))

    # the decent SEPP

    def decent(self, exchange):
        """Answers as a SEPP should."""
        known = {CAPABILITY_PATH: self._select, PARAMS_PATH: self._exchange_params,
                 TERMINATE_PATH: self._terminate, ERROR_PATH: lambda e, _: e.reply(204)}
        operation = known.get(exchange.path)
        if operation is None:
            exchange.problem(404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")
        elif exchange.method != "POST":
            exchange.problem(405)
        else:
            operation(exchange, exchange.json())

    def selection(self, request, **changes):
        """SecNegotiateRspData for a request; an attribute given as None is left out."""
        offered = request["supportedSecCapabilityList"]
        prefers = [*self.prefers, *(["NONE"] if offered == ["NONE"] else [])]
        chosen = next((name for name in prefers if name in offered), None)
        answer = {"sender": self.peer.fqdn, "selectedSecCapability": chosen,
                  "plmnIdList": [self.peer.plmn_id()],
                  "allowedUsagePurpose": request.get("intendedUsagePurpose"),
                  "supportedFeatures": request.get("supportedFeatures") and "1",
                  ROOT: request.get(ROOT), **changes}
        return {name: value for name, value in answer.items() if value is not None}

    def _select(self, exchange, request):
        answer = self.selection(request)
        if "selectedSecCapability" not in answer:
            exchange.problem(403, "NEGOTIATION_NOT_ALLOWED")
            return
        exchange.reply(200, answer)
        if answer["selectedSecCapability"] != "PRINS" and self.ends_after_tls:
            exchange.goaway()

    def _exchange_params(self, exchange, request):
        context = self.context(request["n32fContextId"])
        if "jweCipherSuiteList" in request:
            context = self._new_context(exchange, request)
        if context is None:
            exchange.problem(409, "REQUESTED_PARAM_MISMATCH")
            return
        answer = {"n32fContextId": context.id, "sender": self.peer.fqdn}
        if "jweCipherSuiteList" in request:
            answer.update(selectedJweCipherSuite=context.jwe, selectedJwsCipherSuite=context.jws)
        if "protectionPolicyInfo" in request:
            context.policy = answer["selProtectionPolicyInfo"] = request["protectionPolicyInfo"]
        if "ipxProviderSecInfoList" in request:
            context.providers = answer["ipxProviderSecInfoList"] = request["ipxProviderSecInfoList"]
        exchange.reply(200, answer)

    def _new_context(self, exchange, request):
        jwe = next((name for name in self.jwe if name in request["jweCipherSuiteList"]), None)
        jws = next((name for name in JWS if name in request["jwsCipherSuiteList"]), None)
        if jwe is None or jws is None:
            return None
        self.contexts.append(keys.agreed(exchange.connection.export(), new_id(),
                                         request["n32fContextId"], "responder", jwe, jws,
                                         self.key_context))
        return self.contexts[-1]

    def _terminate(self, exchange, request):
        context = self.context(request["n32fContextId"])
        if context is None:
            exchange.problem(404, "CONTEXT_NOT_FOUND")
            return
        self.contexts.remove(context)
        exchange.reply(200, {"n32fContextId": context.peer_id})

    # the thread

    def post(self, command):
        """Has the thread do something."""
        with self.changed:
            self.commands.append(command)
        try:
            self.wake_out.send(b"!")
        except OSError:
            pass  # full: it wakes anyway; closed: it has ended

    def dispatch(self, exchange):
        """Hands a complete request to the handler whose turn it is."""
        with self.changed:
            self.requests.append(exchange)
            line = self.handlers.get(exchange.path) or self.handlers[None]
            handler = line.pop(0) if len(line) > 1 else line[0]
        self._step(handler, exchange)

    def forget(self, connection):
        self.selector.unregister(connection.sock)

    def _loop(self):
        while not self.is_stopping:
            for key, _ in self.selector.select():
                self._step(key.data)
            while self.commands:
                self._step(self.commands.pop(0))
            with self.changed:
                self.changed.notify_all()
            self._flush_all()
        for connection in self.connections:
            connection.close()
        self.selector.close()

    def _flush_all(self):
        """Sends what handlers and tests have queued; asks to be told when TCP takes more."""
        for connection in self.connections:
            self._step(connection.flush)
            if not connection.is_closed:
                events = selectors.EVENT_READ
                events |= selectors.EVENT_WRITE if connection.wants_to_write() else 0
                self.selector.modify(connection.sock, events, connection.on_ready)
        with self.changed:
            self.changed.notify_all()

    def _step(self, action, *arguments):
        """What fails is told by stop(), and ends nothing else."""
        try:
            action(*arguments)
        except Exception as error:  # whatever a script raises must not end the thread
            self.failures.append(f"{type(error).__name__}: {error}")

    def _accept(self):
        try:
            sock, _ = self.listener.accept()
        except BlockingIOError:
            return
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection = Served(self, len(self.connections), sock, self.settings.server())
        self.selector.register(sock, selectors.EVENT_READ, connection.on_ready)
        self.connections.append(connection)

    def _drain_wake(self):
        self.wake_in.recv(4096)

    def __str__(self):
        heard = "; ".join(str(request) for request in self.requests[-5:])
        links = "; ".join(str(connection) for connection in self.connections[-5:])
        name = self.peer.name if self.peer else "no peer"
        failures = f" failures: {self.failures}" if self.failures else ""
        return f"sepp {name}: {links} | {heard}{failures}"
