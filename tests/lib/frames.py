# SPDX-License-Identifier: MIT
"""HTTP/2 by hand: a test says each frame that goes out, and sees each that comes in.

For what a library refuses to send, and for what it refuses to hear: responses after a GOAWAY.
SETTINGS of the server are acknowledged; nothing else happens by itself.
"""

import hpack
from hyperframe.exceptions import HyperframeError
from hyperframe.frame import (ContinuationFrame, DataFrame, Frame, GoAwayFrame, HeadersFrame,
                              PingFrame, RstStreamFrame, SettingsFrame, WindowUpdateFrame)

from lib.peer import CAPABILITY_PATH, Response, with_headers
from lib.waiting import Deadline
from lib.wire import TIMEOUT

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

NO_ERROR, PROTOCOL_ERROR, FLOW_CONTROL_ERROR = 0, 1, 3
FRAME_SIZE_ERROR, REFUSED_STREAM, CANCEL, COMPRESSION_ERROR = 6, 7, 8, 9
ENHANCE_YOUR_CALM = 11


def settings(**values):
    """A SETTINGS frame; names as in hyperframe, for example INITIAL_WINDOW_SIZE=0."""
    numbers = {getattr(SettingsFrame, name): value for name, value in values.items()}
    return SettingsFrame(0, settings=numbers)


def window_update(stream, increment):
    return WindowUpdateFrame(stream, window_increment=increment)


def data(stream, payload, end=False):
    return DataFrame(stream, data=payload, flags=["END_STREAM"] if end else [])


def reset(stream, code=CANCEL):
    return RstStreamFrame(stream, error_code=code)


def raw(kind, payload=b"", flags=0, stream=0):
    """A frame of any type, as bytes."""
    return (len(payload).to_bytes(3, "big") + bytes([kind, flags])
            + stream.to_bytes(4, "big") + payload)


class Frames:
    """A connection on which the test writes the frames."""

    def __init__(self, wire, peer, authority, preface=PREFACE):
        self.wire, self.peer, self.authority = wire, peer, authority
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.decoder.max_allowed_table_size = 65536
        self.buffer, self.received, self.blocks = b"", [], {}
        self.responses = {}
        self.send(preface, settings())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.wire.close()

    def send(self, *frames, timeout=TIMEOUT):
        """Sends frames or bytes in one go.  Returns False when the peer takes no more."""
        parts = [frame if isinstance(frame, bytes) else frame.serialize() for frame in frames]
        return self.wire.send(b"".join(parts), timeout)

    def fields(self, method="POST", path=CAPABILITY_PATH, extra=(), json=True):
        """The header fields of a request."""
        kind = [("content-type", "application/json")] if json else []
        return [(":method", method), (":scheme", "https"), (":authority", self.authority),
                (":path", path), *kind, *extra]

    def block(self, fields):
        return self.encoder.encode(fields, huffman=False)

    def headers(self, stream, fields=None, end=False, whole=True):
        """A HEADERS frame; `whole` is END_HEADERS."""
        flags = (["END_STREAM"] if end else []) + (["END_HEADERS"] if whole else [])
        return HeadersFrame(stream, data=self.block(fields or self.fields()), flags=flags)

    def split_headers(self, stream, fields, pieces):
        """The same block as HEADERS and CONTINUATION frames."""
        block = self.block(fields)
        size = -(-len(block) // pieces)
        parts = [block[at:at + size] for at in range(0, len(block), size)]
        frames = [HeadersFrame(stream, data=parts[0])]
        frames += [ContinuationFrame(stream, data=part) for part in parts[1:]]
        frames[-1].flags.add("END_HEADERS")
        return frames

    def post(self, stream, body):
        """The frames of a whole negotiation."""
        return [self.headers(stream), data(stream, body, end=True)]

    def next(self, deadline):
        """The next frame of the server, or None when the stream of bytes has ended."""
        while True:
            frame = self._parsed()
            if frame is not None:
                self._note(frame)
                return frame
            more = self.wire.receive(deadline.left())
            if not more:
                return None
            self.buffer += more

    def until(self, wanted, timeout=TIMEOUT):
        """Reads until `wanted(frame)` is true.  Returns that frame, or None at the end."""
        deadline = Deadline(timeout)
        while True:
            frame = self.next(deadline)
            if frame is None or wanted(frame):
                return frame

    def response(self, stream):
        """What has come on a stream so far."""
        return self.responses.setdefault(stream, Response())

    def wait(self, stream, timeout=TIMEOUT):
        """Waits until the stream or the connection has ended.  Returns the Response."""
        response = self.response(stream)
        if not response.done:
            self.until(lambda _: response.done, timeout)
        return response

    def wait_for_goaway(self, timeout=TIMEOUT):
        """The GOAWAY frame, now or when it comes; None if the connection ended without one."""
        seen = [frame for frame in self.received if isinstance(frame, GoAwayFrame)]
        return seen[-1] if seen else self.until(lambda f: isinstance(f, GoAwayFrame), timeout)

    def wait_for_setting(self, number, timeout=TIMEOUT):
        """The value that the server's first SETTINGS has for a parameter, or None."""
        seen = [f for f in self.received if isinstance(f, SettingsFrame) and "ACK" not in f.flags]
        frame = seen[0] if seen else self.until(lambda f: isinstance(f, SettingsFrame), timeout)
        return frame.settings.get(number)

    def answers_ping(self, payload=b"frames!!", timeout=TIMEOUT):
        """Whether the server still answers on this connection."""
        self.send(PingFrame(0, opaque_data=payload))
        return self.until(lambda f: isinstance(f, PingFrame) and f.opaque_data == payload,
                          timeout) is not None

    def wait_for_end(self, timeout=TIMEOUT):
        """Reads all frames until TCP ends.  Returns "fin" or "reset"."""
        deadline = Deadline(timeout)
        while self.next(deadline) is not None:
            pass
        return self.wire.drain(deadline.left())

    def _parsed(self):
        if len(self.buffer) < 9:
            return None
        frame, length = Frame.parse_frame_header(memoryview(self.buffer[:9]))
        if len(self.buffer) < 9 + length:
            return None
        try:
            frame.parse_body(memoryview(self.buffer[9:9 + length]))
        except HyperframeError as error:
            raise AssertionError(f"the server sent a bad frame: {error}") from None
        self.buffer = self.buffer[9 + length:]
        return frame

    def _note(self, frame):
        self.received.append(frame)
        if isinstance(frame, SettingsFrame) and "ACK" not in frame.flags:
            self.send(SettingsFrame(0, flags=["ACK"]))
        if frame.stream_id:
            self._note_stream(frame, self.response(frame.stream_id))

    def _note_stream(self, frame, response):
        if isinstance(frame, (HeadersFrame, ContinuationFrame)):
            block = self.blocks.pop(frame.stream_id, b"") + frame.data
            if "END_HEADERS" in frame.flags:
                with_headers(response, self.decoder.decode(block))
            else:
                self.blocks[frame.stream_id] = block
        elif isinstance(frame, DataFrame):
            response.body += frame.data
        elif isinstance(frame, RstStreamFrame):
            response.reset = None if response.done else frame.error_code
            response.done = True
        if "END_STREAM" in frame.flags:
            response.done = True


def frames(peer, gateway, **tls):
    """A connection of the partner on which the test writes the frames."""
    return Frames(peer.wire(gateway, **tls), peer, gateway.fqdn)
