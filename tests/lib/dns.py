# SPDX-License-Identifier: MIT
"""A name server of a few records on 127.0.0.1, over UDP and TCP on one port, in a thread.

    with DnsServer() as dns:
        dns.add("sepp.example.org", "A", "127.0.0.2", ttl=5)
        dns.add("_n32._tcp.example.org", "SRV", (10, 0, 7443, "sepp.example.org"))
        ... dns.address ... dns.queries ...

It follows aliases, says NXDOMAIN of a name that it does not know, and fails in the ways that its
attributes ask for; those and the records may be changed at any time.
"""

import heapq
import itertools
import selectors
import socket
import struct
import threading
import time

import dnslib

from lib.waiting import SLOWNESS
from lib.wire import TIMEOUT, TimedOut

UDP_MAX = 512  # RFC 1035 4.2.1: more is truncated
CHUNK = 4096
TRIES = 50
ALIASES_MAX = 8


def canonical(name):
    """A name without its final dot, in lower case."""
    return str(name).rstrip(".").lower()


def record(kind, data, ttl):
    """A record as (type, ttl, data)."""
    data = data if isinstance(data, tuple) else (data,)
    return kind, ttl, getattr(dnslib, kind)(*data)


def sockets_of_one_port():
    """A UDP socket and a listening TCP socket on the same port."""
    for _ in range(TRIES):
        tcp = socket.create_server(("127.0.0.1", 0))
        udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            udp.bind(tcp.getsockname())
        except OSError:  # somebody else has that one
            udp.close()
            tcp.close()
            continue
        return udp, tcp
    raise AssertionError("no port is free for both UDP and TCP")


class Connection:
    """One TCP connection and what came over it so far."""

    def __init__(self, sock):
        self.sock, self.buffer = sock, b""

    def questions(self, data):
        """The messages that are complete with these bytes, each without its length."""
        self.buffer += data
        while len(self.buffer) >= 2:
            end = 2 + struct.unpack_from("!H", self.buffer)[0]
            if len(self.buffer) < end:
                return
            yield self.buffer[2:end]
            self.buffer = self.buffer[end:]

    def send(self, message):
        self.sock.sendall(struct.pack("!H", len(message)) + message)


class DnsServer:
    """One name server.  `queries` holds the (name, type) of each question, in order."""

    def __init__(self):
        self.silent = False   # never answers
        self.refuse = False   # answers REFUSED
        self.garbage = False  # answers with a record that ends in the middle
        self.truncate = False  # answers in full over TCP only
        self.delay_s = 0.0    # before each answer
        self.queries, self.failure = [], None
        self.records = {}     # by canonical name, lists of (type, ttl, data)
        self.changed = threading.Condition()
        self.udp, self.tcp = sockets_of_one_port()
        self.address = "%s:%d" % self.tcp.getsockname()
        self.waiting = []     # a heap of (when, number, function) that send answers
        self.numbers = itertools.count()
        self.selector = selectors.DefaultSelector()
        self.ours, self.theirs = socket.socketpair()  # closing ours ends the thread
        self.thread = threading.Thread(target=self._run, name="dns", daemon=True)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Begins to answer."""
        self.selector.register(self.udp, selectors.EVENT_READ, self._on_datagram)
        self.selector.register(self.tcp, selectors.EVENT_READ, self._on_connection)
        self.selector.register(self.theirs, selectors.EVENT_READ, None)
        self.thread.start()
        return self

    def stop(self):
        """Ends the thread and all sockets.  What failed in the thread fails the test now."""
        self.ours.close()
        self.thread.join(TIMEOUT * SLOWNESS)
        assert not self.thread.is_alive(), f"the thread does not end: {self.queries}"
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        assert not self.failure, f"{type(self.failure).__name__}: {self.failure}"

    def add(self, name, kind, data, ttl=60):
        """Adds a record: A, AAAA and CNAME with a text, SRV with (priority, weight, port, name)."""
        with self.changed:
            self.records.setdefault(canonical(name), []).append(record(kind, data, ttl))

    def replace(self, name, kind, *data, ttl=60):
        """From one answer to the next a name has these records, and no other."""
        with self.changed:
            self.records[canonical(name)] = [record(kind, item, ttl) for item in data]

    def remove(self, name):
        """Removes all records of a name, which does not exist any more then."""
        with self.changed:
            del self.records[canonical(name)]

    def count(self, name, kind=None):
        """How many questions came for a name, of one type or of any."""
        with self.changed:
            return sum(asked == canonical(name) and kind in (None, asked_kind)
                       for asked, asked_kind in self.queries)

    def wait_for(self, name, kind=None, times=1, timeout=5.0):
        """Waits until a name was asked for so many times since the start."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.count(name, kind) >= times,
                                         timeout * SLOWNESS):
                raise TimedOut(f"nobody asks for '{name}': {self.queries}")

    def _run(self):
        try:
            self._serve()
        except Exception as error:  # whatever ends the thread too early
            self.failure = error

    def _serve(self):
        while True:
            rest = max(0.0, self.waiting[0][0] - time.monotonic()) if self.waiting else None
            for key, _ in self.selector.select(rest):
                if key.data is None:
                    return
                key.data(key.fileobj)
            while self.waiting and self.waiting[0][0] <= time.monotonic():
                heapq.heappop(self.waiting)[2]()

    def _on_datagram(self, sock):
        question, sender = sock.recvfrom(CHUNK)
        self._answer(question, lambda message: sock.sendto(message, sender), UDP_MAX)

    def _on_connection(self, listener):
        connection = Connection(listener.accept()[0])
        self.selector.register(connection.sock, selectors.EVENT_READ,
                               lambda _: self._on_bytes(connection))

    def _on_bytes(self, connection):
        try:
            data = connection.sock.recv(CHUNK)
        except ConnectionError:
            data = b""
        if not data:
            self.selector.unregister(connection.sock)
            connection.sock.close()
            return
        for question in connection.questions(data):
            self._answer(question, connection.send, None)

    def _answer(self, question, send, most):
        request = dnslib.DNSRecord.parse(question)
        with self.changed:
            self.queries.append((canonical(request.q.qname), dnslib.QTYPE[request.q.qtype]))
            message = None if self.silent else self._message(request, most)
            self.changed.notify_all()
        if message is None:
            return

        def send_now():
            try:
                send(message)
            except OSError:
                pass  # who asked is gone

        if self.delay_s:
            when = time.monotonic() + self.delay_s
            heapq.heappush(self.waiting, (when, next(self.numbers), send_now))
        else:
            send_now()

    def _message(self, request, most):
        reply = request.reply(ra=1, aa=0)
        if self.refuse:
            reply.header.rcode = dnslib.RCODE.REFUSED
        elif self.garbage:
            packed = bytearray(reply.pack())
            struct.pack_into("!H", packed, 6, 1)  # one record is said to follow
            return bytes(packed) + b"\xc0\x0c\x00"
        else:
            self._fill(reply, canonical(request.q.qname), dnslib.QTYPE[request.q.qtype])
        packed = reply.pack()
        if most is not None and (len(packed) > most or self.truncate):
            reply = request.reply(ra=1, aa=0)  # with the question, which truncate() leaves out
            reply.header.tc = 1
            return reply.pack()
        return packed

    def _fill(self, reply, name, kind):
        for _ in range(ALIASES_MAX):
            if name not in self.records:
                reply.header.rcode = dnslib.RCODE.NXDOMAIN
                return
            alias = None
            for its_kind, ttl, data in self.records[name]:
                if its_kind in (kind, "CNAME"):
                    reply.add_answer(dnslib.RR(name, getattr(dnslib.QTYPE, its_kind), ttl=ttl,
                                               rdata=data))
                if its_kind == "CNAME":
                    alias = canonical(data.label)
            if alias is None or kind == "CNAME":
                return
            name = alias
