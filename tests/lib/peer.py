# SPDX-License-Identifier: MIT
"""A roaming partner: what it is called, its certificate, and HTTP/2 of another make.

    with peer.connect(gateway) as connection:
        response = connection.negotiate(capabilities=["TLS"])
        assert response.status == 200

Connection speaks HTTP/2 through python3-h2; frames.Frames is for what no library would send.
"""

import dataclasses
import json
import secrets
import ssl

from h2.config import H2Configuration
from h2.connection import ConnectionState, H2Connection
from h2 import events
from h2.exceptions import ProtocolError

from lib import keys
from lib.tls import Settings
from lib.waiting import Deadline
from lib.wire import TIMEOUT, Refused, Wire

CAPABILITY_PATH = "/n32c-handshake/v1/exchange-capability"
PARAMS_PATH = "/n32c-handshake/v1/exchange-params"
TERMINATE_PATH = "/n32c-handshake/v1/n32f-terminate"
ERROR_PATH = "/n32c-handshake/v1/n32f-error"
SUITES = ("A128GCM", "A256GCM")
FRAME_HEADER = 9
JSON_HEADERS = (("content-type", "application/json"),)


class Message:
    """What a request and a response have: `headers`, pairs in their order, and a `body`."""

    def header(self, name):
        """The only value of a header field, or None."""
        values = [value for field, value in self.headers if field == name]
        assert len(values) < 2, f"several {name} fields: {values}"
        return values[0] if values else None

    def json(self):
        return json.loads(self.body)


@dataclasses.dataclass
class Response(Message):
    """What came back on one stream; `reset` is the code of its RST_STREAM."""

    status: int = None
    headers: list = dataclasses.field(default_factory=list)
    body: bytes = b""
    reset: int = None
    done: bool = False

    def cause(self):
        return self.json().get("cause")

    def offences(self):
        """The JSON pointers of invalidParams, sorted."""
        return sorted(item["param"] for item in self.json().get("invalidParams", []))

    def __str__(self):
        if self.reset is not None:
            return f"RST_STREAM {self.reset}"
        if self.status is None:
            return "no response"
        return f"{self.status} {self.body[:300].decode('utf-8', 'replace')}"


def new_id():
    """An N32-f context id, or a message id: 16 hexadecimal digits."""
    return secrets.token_hex(8)


def body_of(attributes):
    """JSON of the attributes; those that are None are left out."""
    return json.dumps({k: v for k, v in attributes.items() if v is not None}).encode()


def with_headers(response, headers):
    """Puts decoded header fields into a response; interim responses and trailers add nothing."""
    for name, value in headers:
        if name == ":status" and not value.startswith("1"):
            response.status = int(value)
        elif not name.startswith(":"):
            response.headers.append((name, value))


class Connection:
    """An N32-c connection that the partner opened, over HTTP/2."""

    def __init__(self, wire, peer, authority):
        self.wire, self.peer, self.authority = wire, peer, authority
        self.h2 = H2Connection(H2Configuration(
            client_side=True, header_encoding="utf-8", validate_outbound_headers=False,
            normalize_outbound_headers=False, validate_inbound_headers=True))
        self.responses = {}
        self.goaway = None
        self.pongs = []
        self.pieces = b""
        self.h2.initiate_connection()
        self._flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def negotiate(self, body=None, timeout=TIMEOUT, **changes):
        """POSTs exchange-capability with the partner's usual body, or `body`, and waits."""
        if body is None:
            body = self.peer.body(**changes)
        return self.request("POST", CAPABILITY_PATH, JSON_HEADERS, body, timeout)

    def post(self, path, body, timeout=TIMEOUT, **changes):
        """POSTs JSON: `body` if it is bytes, otherwise its attributes with the changes."""
        data = body if isinstance(body, bytes) else body_of({**body, **changes})
        return self.request("POST", path, JSON_HEADERS, data, timeout)

    def params(self, context=None, jwe=SUITES, jws=("ES256",), body=None, **changes):
        """POSTs exchange-params with `context` or a new id; None leaves a list out."""
        usual = {"n32fContextId": context or new_id(), "sender": self.peer.fqdn,
                 "jweCipherSuiteList": None if jwe is None else list(jwe),
                 "jwsCipherSuiteList": None if jws is None else list(jws)}
        return self.post(PARAMS_PATH, usual if body is None else body, **changes)

    def add_params(self, context, **attributes):
        """POSTs exchange-params of a context that has its suites."""
        return self.params(context, jwe=None, jws=None, **attributes)

    def terminate(self, context, **changes):
        """POSTs n32f-terminate; None leaves the id out."""
        return self.post(TERMINATE_PATH, {"n32fContextId": context}, **changes)

    def report(self, kind="INTEGRITY_CHECK_FAILED", message=None, context=None, **changes):
        """POSTs n32f-error."""
        usual = {"n32fMessageId": message or new_id(), "n32fErrorType": kind,
                 "n32fContextId": context}
        return self.post(ERROR_PATH, usual, **changes)

    def agree_prins(self):
        """Negotiates PRINS, as the state before exchange-params."""
        response = self.negotiate(capabilities=["PRINS"])
        assert response.status == 200, f"no PRINS: {response}"
        return self

    def establish(self, jwe=SUITES, key_context="receiver", context=None):
        """Negotiates PRINS and the suites.  Returns the keys.Context; needs exporter=True."""
        own = context or new_id()
        response = self.agree_prins().params(own, jwe)
        assert response.status == 200, f"no context: {response}"
        answer = response.json()
        return keys.agreed(self.export(), own, answer["n32fContextId"], "initiator",
                           answer["selectedJweCipherSuite"], answer["selectedJwsCipherSuite"],
                           key_context)

    def export(self):
        """The N32 master of this TLS connection; needs exporter=True."""
        return self.wire.tls.export()

    def request(self, method, path, headers=(), body=b"", timeout=TIMEOUT):
        """Sends a request and waits until its stream has ended."""
        return self.wait(self.start(method, path, headers, body, timeout=timeout), timeout)

    def start(self, method, path, headers=(), body=b"", end=True, timeout=TIMEOUT):
        """Sends a request without waiting for the response.  Returns the stream."""
        stream = self.h2.get_next_available_stream_id()
        self.responses[stream] = Response()
        fields = [(":method", method), (":scheme", "https"), (":authority", self.authority),
                  (":path", path), *headers]
        self.h2.send_headers(stream, fields, end_stream=end and not body)
        self._flush()
        if body:
            self.send_body(stream, body, end, timeout)
        return stream

    def send_body(self, stream, data, end=True, timeout=TIMEOUT):
        """Sends a body as far as the windows and the server allow."""
        data = data if isinstance(data, bytes) else json.dumps(data).encode()
        deadline = Deadline(timeout)
        while data and not self._over(stream):
            room = min(self.h2.local_flow_control_window(stream),
                       self.h2.max_outbound_frame_size, len(data))
            if room == 0:
                self._read(deadline)
                continue
            self.h2.send_data(stream, data[:room], end_stream=end and room == len(data))
            data = data[room:]
            self._flush()

    def wait(self, stream, timeout=TIMEOUT):
        """Waits until the stream, or the connection, has ended."""
        deadline = Deadline(timeout)
        while not self._over(stream):
            self._read(deadline)
        return self.responses[stream]

    def wait_for_goaway(self, timeout=TIMEOUT):
        """Waits for GOAWAY.  Returns its code, or None if the connection ended without one."""
        deadline = Deadline(timeout)
        while self.goaway is None and not self.wire.is_over:
            self._read(deadline)
        return self.goaway

    def ping(self, payload=b"01234567", timeout=TIMEOUT):
        """Sends PING and waits for its ACK.  Returns whether it came."""
        deadline = Deadline(timeout)
        self.h2.ping(payload)
        self._flush()
        while payload not in self.pongs and not self.wire.is_over:
            self._read(deadline)
        return payload in self.pongs

    def is_alive(self):
        """Whether the server still answers on this connection."""
        try:
            return self.goaway is None and self.ping()
        except ProtocolError:
            return False

    def wait_for_end(self, timeout=TIMEOUT):
        """Reads until TCP ends, without closing this side.  Returns "fin" or "reset"."""
        deadline = Deadline(timeout)
        while not self.wire.is_over:
            self._read(deadline)
        return self.wire.drain(deadline.left())

    def leave(self):
        """Ends the connection as the initiator should: GOAWAY, close_notify, close."""
        self.h2.close_connection()
        self._flush()
        self.wire.say_goodbye()
        self.wire.close()

    def _over(self, stream):
        return self.responses[stream].done or self.wire.is_over

    def _flush(self):
        data = self.h2.data_to_send()
        if data:
            self.wire.send(data)

    def _read(self, deadline):
        self.pieces += self.wire.receive(deadline.left())
        while len(self.pieces) >= FRAME_HEADER:
            size = FRAME_HEADER + int.from_bytes(self.pieces[:3], "big")
            if len(self.pieces) < size:
                break
            self._take(self.pieces[:size])
            self.pieces = self.pieces[size:]
        self._flush()

    def _take(self, frame):
        """Hears one frame.

        To python3-h2 a GOAWAY is the end of everything; but streams up to the one that it names
        go on (RFC 9113 6.8).
        """
        for event in self.h2.receive_data(frame):
            self._note(event)
            if isinstance(event, events.ConnectionTerminated):
                self.h2.state_machine.state = ConnectionState.CLIENT_OPEN

    def _note(self, event):
        response = self.responses.get(getattr(event, "stream_id", None))
        if isinstance(event, events.ConnectionTerminated):
            self.goaway = int(event.error_code)
        elif isinstance(event, events.PingAckReceived):
            self.pongs.append(event.ping_data)
        elif response is not None:
            self._note_stream(event, response)

    def _note_stream(self, event, response):
        if isinstance(event, (events.ResponseReceived, events.TrailersReceived)):
            with_headers(response, event.headers)
        elif isinstance(event, events.DataReceived):
            response.body += event.data
            self.h2.acknowledge_received_data(event.flow_controlled_length, event.stream_id)
        elif isinstance(event, events.StreamReset):
            response.reset = None if response.done else int(event.error_code)
            response.done = True
        elif isinstance(event, events.StreamEnded):
            response.done = True


class Peer:
    """A roaming partner's identity: names, certificate, and the root that it trusts.

    It connects from the address `source`, or from whatever the kernel chooses.
    """

    source = None

    def __init__(self, name, plmn, fqdn, cert, key, trust):
        self.name, self.plmn, self.fqdn = name, plmn, fqdn
        self.cert, self.key, self.trust = cert, key, trust

    def with_certificate(self, cert, key):
        """The same partner with another certificate; None means without any."""
        return Peer(self.name, self.plmn, self.fqdn, cert, key, self.trust)

    def plmn_id(self):
        mcc, mnc = self.plmn.split("-")
        return {"mcc": mcc, "mnc": mnc}

    def body(self, capabilities=("TLS",), **changes):
        """SecNegotiateReqData; an attribute given as None is left out."""
        whole = {"sender": self.fqdn, "supportedSecCapabilityList": list(capabilities), **changes}
        return body_of(whole)

    def context(self, version=None, ciphers=None, group=None, alpn=("h2",), exporter=False,
                ems=True):
        """A TLS client's settings; what is not said is what OpenSSL offers by itself.

        With `exporter` the connection can derive N32 keys, and do without extended_master_secret.
        """
        if exporter:
            return Settings(self, alpn, version, version, ems)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_verify_locations(self.trust)
        if self.cert:
            context.load_cert_chain(self.cert, self.key)
        if ciphers:
            context.set_ciphers(ciphers)
        if version:
            context.minimum_version = context.maximum_version = version
        if group:
            context.set_ecdh_curve(group)
        if alpn:
            context.set_alpn_protocols(list(alpn))
        return context

    def wire(self, gateway, **tls):
        """A TLS connection without HTTP/2.  Raises Refused."""
        wire = Wire(gateway.address, self.source)
        try:
            wire.handshake(self.context(**tls), gateway.fqdn)
        except BaseException:
            wire.close()
            raise
        return wire

    def connect(self, gateway, **tls):
        return Connection(self.wire(gateway, **tls), self, gateway.fqdn)

    def establish(self, gateway, jwe=SUITES, key_context="receiver", context=None, **tls):
        """Negotiates PRINS and the suites on a connection that ends then: a keys.Context."""
        with self.connect(gateway, exporter=True, **tls) as connection:
            return connection.establish(jwe, key_context, context)

    def terminate(self, gateway, context):
        """n32f-terminate on a connection of its own."""
        with self.connect(gateway) as connection:
            return connection.terminate(context)

    def report(self, gateway, *arguments, **changes):
        """n32f-error on a connection of its own."""
        with self.connect(gateway) as connection:
            return connection.report(*arguments, **changes)

    def negotiate(self, gateway, body=None, **changes):
        """One negotiation on a connection of its own, which ends with it."""
        with self.connect(gateway) as connection:
            return connection.negotiate(body, **changes)

    def refusal(self, gateway, **tls):
        """The alert that ends the attempt, or None if HTTP/2 was reached.

        In TLS 1.3 a client is done before the server has seen its certificate, so that the alert
        comes with the first read.
        """
        try:
            with self.wire(gateway, **tls) as wire:
                return None if wire.receive() else "closed"
        except Refused as refused:
            return refused.alert
