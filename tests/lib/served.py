# SPDX-License-Identifier: MIT
"""A connection that a scripted SEPP accepted, and the requests on it.

A Served is driven by the thread of its Sepp and written to by nobody else; what it records may be
read at any time.  The methods of an Exchange may be called by a handler, or later by a test: they
queue what the thread then does, in their order.
"""

import json
import socket
import struct
import threading
import time

from h2 import events
from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2.exceptions import ProtocolError
from hyperframe.frame import GoAwayFrame
from OpenSSL import SSL

from lib.peer import Message
from lib.tls import reason_of
from lib.waiting import SLOWNESS
from lib.wire import TimedOut

CHUNK = 65536
PREFACE_BYTES, FRAME_HEADER = 24, 9
AFTER_S = 20.0  # the longest that an answer waits for an Event
BIG = 2 << 20
US, THEM = "us", "them"


class Exchange(Message):
    """One request, recorded when it was complete, and what may be done about it.

    `at` is on the monotonic clock; `status` is what was answered, `cancelled` the code of the
    RST_STREAM with which the client gave up, `cancelled_at` when.
    """

    def __init__(self, connection, stream, headers):
        self.connection, self.stream, self.headers = connection, stream, headers
        self.body, self.at = b"", time.monotonic()
        self.status = self.cancelled = self.cancelled_at = None

    @property
    def method(self):
        return self.header(":method")

    @property
    def path(self):
        return self.header(":path")

    @property
    def sepp(self):
        return self.connection.sepp

    def reply(self, status, body=None, headers=(), content_type="application/json"):
        """Answers with JSON, bytes, or nothing."""
        self._do(self.connection.answer, self, status, body, headers, content_type)

    def problem(self, status, cause=None, headers=()):
        """Answers with ProblemDetails."""
        body = {"status": status, "title": "scripted", **({"cause": cause} if cause else {})}
        self.reply(status, body, headers, "application/problem+json")

    def half(self, status, body, headers=(), content_type="application/json"):
        """Announces a whole body, sends half of it, and leaves the stream open."""
        self._do(self.connection.answer, self, status, body, headers, content_type, True)

    def big(self, size=BIG):
        """A valid answer with an attribute of that size."""
        self.reply(200, {"sender": self.sepp.peer.fqdn, "selectedSecCapability": "TLS",
                         "x": "y" * size})

    def reset(self, code=8):
        """RST_STREAM."""
        self._do(self.connection.reset_stream, self.stream, code)

    def goaway(self, code=0, last=None):
        """GOAWAY; `last` is this stream unless said otherwise."""
        self._do(self.connection.send_goaway, code, self.stream if last is None else last)

    def close(self, notify=True):
        """FIN, after close_notify or without."""
        self._do(self.connection.finish, notify)

    def abort(self):
        """A TCP reset."""
        self._do(self.connection.abort)

    def garbage(self, data=b"\xff" * 64, plain=False):
        """Bytes that are no frames; `plain`: below TLS."""
        self._do(self.connection.send_raw, data, plain)

    def nothing(self):
        """No answer, now; a test may answer later."""

    def default(self):
        """What a decent SEPP does; in a handler, before what the handler does next."""
        if threading.current_thread() is self.sepp.thread:
            self.sepp.decent(self)
        else:
            self._do(self.sepp.decent, self)

    def after(self, event, action):
        """Has the thread do `action(exchange)` when the Event is set, which it has to be."""
        def give_up():
            raise TimedOut(f"the event does not come within {AFTER_S} s")

        def wait():
            is_set = event.wait(AFTER_S * SLOWNESS)
            self._do(action, self) if is_set else self._do(give_up)

        threading.Thread(target=wait, daemon=True).start()

    def _do(self, action, *arguments):
        self.sepp.post(lambda: action(*arguments))

    def __str__(self):
        return f"{self.method} {self.path} {self.body[:300].decode('utf-8', 'replace')}"


class Served:
    """What came in on one TCP connection, and how it ended.

    `end` is None, then how reading ended: "fin" or "reset"; `ended_by` who was first to send FIN
    or RST, "us" or "them"; `goaway` the code that the client sent; `notified` whether it sent
    close_notify; `alert` why TLS failed; `error` why HTTP/2 did.
    """

    def __init__(self, sepp, index, sock, session):
        self.sepp, self.index, self.sock, self.session = sepp, index, sock, session
        self.accepted_at, self.ended_at = time.monotonic(), None
        self.source = "%s:%d" % sock.getpeername()[:2]
        self.sni = self.alpn = self.version = self.alert = self.error = None
        self.client_names, self.secure = [], False
        self.goaway, self.notified, self.end, self.ended_by = None, False, None, None
        self.requests, self.pings = [], []
        self.h2 = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
        self.open, self.bodies = {}, {}
        self.pieces, self.greeted, self.outgoing = b"", False, b""
        self.is_closed = self.is_finished = False

    def export(self):
        """The N32 master of this connection."""
        return self.session.export()

    def __str__(self):
        return (f"connection {self.index}: alert={self.alert} error={self.error} end={self.end}"
                f" by={self.ended_by} goaway={self.goaway} requests={len(self.requests)}")

    # the thread of the Sepp only

    def wants_to_write(self):
        return bool(self.outgoing) and not self.is_closed

    def on_ready(self):
        """Takes what has come, and sends what waits."""
        self._take()
        self.flush()

    def flush(self):
        """Sends as much as TCP takes; closes when all is said and the client has gone."""
        if self.is_closed:
            return
        if self.secure and not self.end:
            self._pump()
        self.outgoing += self.session.ciphertext()
        try:
            while self.outgoing and self.ended_by != US:
                self.outgoing = self.outgoing[self.sock.send(self.outgoing):]
            if self.is_finished and not self.ended_by:
                self.sock.shutdown(socket.SHUT_WR)
                self.ended_by = US
        except BlockingIOError:
            return
        except OSError:
            self._ended("reset", THEM)
        if self.end:
            self.close()

    def close(self):
        if not self.is_closed:
            self.is_closed = True
            self.sepp.forget(self)
            self.sock.close()

    def finish(self, notify):
        """Nothing more is sent; the FIN goes with the next flush."""
        if notify and not self.is_finished:
            self._shut_tls()
        self.is_finished = True

    def abort(self):
        if not self.is_closed:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self._ended("reset", US)
            self.close()

    def send_goaway(self, code, last):
        """By hand: to python3-h2 a GOAWAY of ours is the end of all streams."""
        self._write(self.h2.data_to_send())
        self._write(GoAwayFrame(0, last_stream_id=last, error_code=code).serialize())

    def send_raw(self, data, plain):
        if plain:
            self.outgoing += self.session.ciphertext() + data
        else:
            self._write(self.h2.data_to_send() + data)

    def reset_stream(self, stream, code):
        self._try(self.h2.reset_stream, stream, code)

    def answer(self, exchange, status, body, headers, content_type, half=False):
        """HEADERS, and the body as the windows allow."""
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        fields = [(":status", str(status)), *headers]
        if body:
            fields += [("content-type", content_type), ("content-length", str(len(body)))]
        if self._try(self.h2.send_headers, exchange.stream, fields, end_stream=not body):
            exchange.status = status
            if body:
                self.bodies[exchange.stream] = (body[:len(body) // 2] if half else body, not half)

    def ping(self, payload):
        self._try(self.h2.ping, payload)

    def _try(self, action, *arguments, **options):
        """Whether python3-h2 does it; it does not on what the client has reset or ended."""
        try:
            action(*arguments, **options)
            return True
        except ProtocolError:
            return False

    def _write(self, data):
        if data and self.secure and not self.is_finished:
            try:
                self.session.send(data)
            except SSL.Error:
                self.alert = self.alert or "cannot write"

    def _shut_tls(self):
        self._pump()
        try:
            self.session.ssl.shutdown()
        except SSL.Error:
            pass

    def _take(self):
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._ended("reset", THEM)
            return
        if data:
            self.session.feed(data)
            self._hear()
        else:
            if self.secure and not self.is_finished:
                self._shut_tls()
            self._ended("fin", THEM)

    def _hear(self):
        try:
            if not self.secure:
                self._shake_hands()
            while True:
                self.pieces += self.session.ssl.recv(CHUNK)
                self._parse()
        except SSL.WantReadError:
            pass
        except SSL.ZeroReturnError:
            self.notified = True
        except SSL.Error as error:
            self.alert = reason_of(error)
            self.is_finished = True
        except ProtocolError as error:
            self.error = str(error) or type(error).__name__
            self._pump()
            self.finish(True)

    def _shake_hands(self):
        ssl = self.session.ssl
        ssl.do_handshake()
        self.sni = (ssl.get_servername() or b"").decode() or None
        self.alpn = ssl.get_alpn_proto_negotiated().decode() or None
        self.version = ssl.get_protocol_version_name()
        self.client_names = self.session.peer_names()
        self.secure = True
        self.h2.initiate_connection()

    def _parse(self):
        """Feeds whole frames, one at a time."""
        size = FRAME_HEADER if self.greeted else PREFACE_BYTES
        while len(self.pieces) >= size:
            if self.greeted:
                size = FRAME_HEADER + int.from_bytes(self.pieces[:3], "big")
                if len(self.pieces) < size:
                    break
            frame, self.pieces, self.greeted = self.pieces[:size], self.pieces[size:], True
            self._feed(frame)
            size = FRAME_HEADER

    def _feed(self, frame):
        """To python3-h2 a GOAWAY is the end; but streams that it does not refuse go on."""
        for event in self.h2.receive_data(frame):
            self._note(event)
            if isinstance(event, events.ConnectionTerminated):
                self.h2.state_machine.state = ConnectionState.SERVER_OPEN

    def _note(self, event):
        stream = getattr(event, "stream_id", None)
        if isinstance(event, events.RequestReceived):
            self.open[stream] = Exchange(self, stream, event.headers)
        elif isinstance(event, events.DataReceived):
            self.open[stream].body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, stream)
        elif isinstance(event, events.StreamEnded):
            self.open[stream].at = time.monotonic()
            self.requests.append(self.open[stream])
            self.sepp.dispatch(self.open[stream])
        elif isinstance(event, events.StreamReset) and stream in self.open:
            self.open[stream].cancelled = int(event.error_code)
            self.open[stream].cancelled_at = time.monotonic()
            self.bodies.pop(stream, None)
        elif isinstance(event, events.PingReceived):
            self.pings.append(event.ping_data)
        elif isinstance(event, events.ConnectionTerminated):
            self.goaway = int(event.error_code)

    def _pump(self):
        """Gives what python3-h2 has, and bodies as far as the windows allow, to TLS."""
        for stream in list(self.bodies):
            self._try(self._pump_body, stream)
        self._write(self.h2.data_to_send())

    def _pump_body(self, stream):
        data, ends = self.bodies.pop(stream)
        while data:
            room = min(self.h2.local_flow_control_window(stream),
                       self.h2.max_outbound_frame_size, len(data))
            if room == 0:
                self.bodies[stream] = (data, ends)
                break
            self.h2.send_data(stream, data[:room], end_stream=ends and room == len(data))
            data = data[room:]

    def _ended(self, how, whom):
        if self.end is None:
            self.end, self.ended_at = how, time.monotonic()
            self.ended_by = self.ended_by or whom
