# SPDX-License-Identifier: MIT
"""A network between gateways that can be cut: TCP relays on 127.0.0.0/8, all in one thread.

    with Network() as network:
        link = network.link(lambda: "127.0.0.1:7443")   # where it leads when somebody connects
        ... link.address ...
        link.cut("drop")                                # or another of MANNERS
        link.heal()

A cut holds for the connections that there are and for new ones, until heal():

    drop    bytes are lost; a connection that lost some is reset by the first byte after the cut
    hold    bytes wait and arrive after the cut, as TCP does it over a network that loses packets
    delay   bytes arrive `seconds` later
    half    no more bytes of one direction: its end is told to whoever reads, the other goes on
    reset   both ends get a RST, new connections too
    refuse  as reset, and nobody listens
    after   each connection carries `octets` more bytes, then both ends get a RST
"""

import os
import queue
import selectors
import socket
import struct
import threading
import time

from lib.wire import TIMEOUT, TimedOut, address_of

CHUNK = 65536
BACKLOG = 64
MANNERS = ("drop", "hold", "delay", "half", "reset", "refuse", "after")
READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
RST = struct.pack("ii", 1, 0)


def free_address(number=0):
    """An address whose port nobody else takes while nobody listens: its host is this process's."""
    pid = os.getpid()
    host = f"127.{77 + number}.{pid // 250 % 250 + 1}.{pid % 250 + 1}"
    with socket.create_server((host, 0)) as listener:
        return "%s:%d" % listener.getsockname()


class Side:
    """One of the two sockets of a connection, and what waits to be written to it."""

    def __init__(self, pair, sock):
        self.pair, self.sock, self.other = pair, sock, None
        self.waiting = []       # (when, bytes), b"" for the end
        self.has_ended = False  # for reading
        self.events = 0


class Pair:
    """A connection through the relay."""

    def __init__(self, link, client, server):
        self.link = link
        self.sides = Side(self, client), Side(self, server)
        self.sides[0].other, self.sides[1].other = self.sides[1], self.sides[0]
        self.lost = False   # bytes, in a cut that drops them
        self.budget = None  # bytes that it may still carry


class Link:
    """One address that leads to a gateway.  Its attributes belong to the network's thread."""

    def __init__(self, network, target):
        self.network, self.target = network, target
        self.address = free_address()
        self.listener = socket.create_server(address_of(self.address), backlog=BACKLOG)
        self.listener.setblocking(False)
        self.manner, self.seconds, self.octets, self.side = None, 0, 0, 0
        self.pairs = []

    def cut(self, manner, seconds=0.2, octets=1000, side=0):
        """Returns when it is done.  `side` is whose bytes "half" stops: 0 for whoever connects."""
        assert manner in MANNERS, manner
        self.network.run(lambda: self._cut(manner, seconds, octets, side))

    def heal(self):
        self.network.run(self._heal)

    def _cut(self, manner, seconds, octets, side):
        self._heal()
        self.manner, self.seconds, self.octets, self.side = manner, seconds, octets, side
        if manner == "refuse":
            self.network.selector.unregister(self.listener)
            self.listener.shutdown(socket.SHUT_RDWR)  # bound still, so that the port stays ours
        for pair in list(self.pairs):
            self.network.take_cut(pair)

    def _heal(self):
        if self.manner == "refuse":
            self.listener.listen(BACKLOG)
            self.network.selector.register(self.listener, READ, self)
        self.manner = None
        for pair in self.pairs:
            pair.budget = None


class Network:
    """All links, and the thread that moves the bytes."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.links, self.orders, self.is_stopping = [], queue.SimpleQueue(), False
        self.wake_in, self.wake_out = socket.socketpair()
        self.selector.register(self.wake_out, READ, None)
        self.thread = threading.Thread(target=self._serve, name="relay", daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.run(self._stop)
        self.thread.join(TIMEOUT)
        assert not self.thread.is_alive(), "the thread does not end"

    def link(self, target):
        """A new Link; `target` says the address when somebody connects."""
        made = Link(self, target)
        self.run(lambda: self._add(made))
        return made

    def run(self, order):
        """Runs a function in the thread, and waits for it."""
        done = queue.SimpleQueue()
        self.orders.put((order, done))
        self.wake_in.send(b"!")
        try:
            failure = done.get(timeout=TIMEOUT)
        except queue.Empty:
            raise TimedOut("the relay does not answer") from None
        if failure:
            raise failure

    def open_connections(self):
        return sum(len(link.pairs) for link in self.links)

    # --- the thread

    def _add(self, link):
        self.links.append(link)
        self.selector.register(link.listener, READ, link)

    def _stop(self):
        self.is_stopping = True
        for link in self.links:
            for pair in list(link.pairs):
                self._reset(pair)
            link.listener.close()

    def _serve(self):
        while not self.is_stopping:
            for key, events in self.selector.select(self._next()):
                if key.data is None:
                    self._obey()
                elif isinstance(key.data, Link):
                    self._accept(key.data)
                else:
                    self._turn(key.data, events)
            for link in self.links:
                for pair in list(link.pairs):
                    self._settle(pair)

    def _obey(self):
        self.wake_out.recv(CHUNK)
        while not self.orders.empty():
            order, done = self.orders.get()
            try:
                order()
                done.put(None)
            except Exception as failure:  # told to whoever asked
                done.put(failure)

    def _next(self):
        """Seconds until the next delayed bytes are due."""
        due = [side.waiting[0][0] for link in self.links for pair in link.pairs
               for side in pair.sides if side.waiting and not self._is_held(pair)]
        later = [when for when in due if when > time.monotonic()]
        return max(0.0, min(later) - time.monotonic()) if later else None

    def _accept(self, link):
        try:
            client, _ = link.listener.accept()
        except OSError:  # gone again
            return
        try:
            server = socket.create_connection(address_of(link.target()), TIMEOUT)
        except OSError:  # nobody is there
            self._drop(client)
            return
        pair = Pair(link, client, server)
        link.pairs.append(pair)
        for side in pair.sides:
            side.sock.setblocking(False)
            side.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.take_cut(pair)

    def take_cut(self, pair):
        """What a cut does at once to a connection."""
        link = pair.link
        if link.manner in ("reset", "refuse"):
            self._reset(pair)
        elif link.manner == "after":
            pair.budget = link.octets
        elif link.manner == "half":
            self._end(pair.sides[link.side])

    @staticmethod
    def _is_held(pair):
        return pair.link.manner == "hold"

    def _turn(self, side, events):
        if side.pair not in side.pair.link.pairs:
            return  # it ended in this round
        if events & READ:
            self._read(side)

    def _read(self, side):
        try:
            data = side.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._reset(side.pair)
            return
        if not data:
            self._end(side)
        else:
            self._carry(side, data)

    def _end(self, side):
        if not side.has_ended:
            side.has_ended = True
            self._carry(side, b"")

    def _carry(self, side, data):
        """Takes what `side` sent on its way, b"" for its end."""
        pair, link = side.pair, side.pair.link
        if link.manner == "drop":
            pair.lost = True
            return
        if pair.lost:
            self._reset(pair)
            return
        if pair.budget is not None:
            data, pair.budget = data[:pair.budget], pair.budget - len(data)
        delay = link.seconds if link.manner == "delay" else 0
        last = side.other.waiting[-1][0] if side.other.waiting else 0
        side.other.waiting.append((max(last, time.monotonic() + delay), data))

    def _settle(self, pair):
        """Writes what is due, then says what it waits for."""
        try:
            for side in pair.sides:
                self._write(side)
        except OSError:
            self._reset(pair)
            return
        if pair.budget is not None and pair.budget <= 0:
            self._reset(pair)
        elif all(side.has_ended for side in pair.sides) and (
                pair.lost or not any(side.waiting for side in pair.sides)):
            self._close(pair)
        else:
            for side in pair.sides:
                self._watch(side)

    def _write(self, side):
        while side.waiting and side.waiting[0][0] <= time.monotonic():
            if self._is_held(side.pair):
                return
            when, data = side.waiting[0]
            if not data:
                side.waiting.pop(0)
                side.sock.shutdown(socket.SHUT_WR)
                continue
            try:
                data = data[side.sock.send(data):]
            except BlockingIOError:
                return
            if data:
                side.waiting[0] = (when, data)
            else:
                side.waiting.pop(0)

    def _watch(self, side):
        is_due = side.waiting and side.waiting[0][0] <= time.monotonic()
        events = READ if not side.has_ended else 0
        events |= WRITE if is_due and not self._is_held(side.pair) else 0
        if events == side.events:
            return
        if not side.events:
            self.selector.register(side.sock, events, side)
        elif not events:
            self.selector.unregister(side.sock)
        else:
            self.selector.modify(side.sock, events, side)
        side.events = events

    def _reset(self, pair):
        for side in pair.sides:
            side.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        self._close(pair)

    def _close(self, pair):
        pair.link.pairs.remove(pair)
        for side in pair.sides:
            if side.events:
                self.selector.unregister(side.sock)
            side.sock.close()

    @staticmethod
    def _drop(sock):
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
        sock.close()
