# SPDX-License-Identifier: MIT
"""Bytes without meaning, at every level, from a seed: the process goes on and forgets them."""

import random

import pytest

from lib.directory import KEEP, PRINS_FIRST, Directory
from lib.frames import PREFACE, Frames, data, frames, raw
from lib.gateway import Gateway
from lib.wire import Refused, TimedOut, Wire

SEED = 29573
TRIES = 300
QUICK_S = 0.05


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("garbage"),
                          timeouts={"handshake_s": 5, "first_request_s": 5, "close_s": 1})
    directory.alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    """The gateway, which after the test is the same process, serves, and holds nothing."""
    gateway = scene.running
    yield gateway
    gateway.until(gateway.holds_nothing, 10)
    assert gateway.status()["pid"] == gateway.process.pid
    assert scene.alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200


@pytest.fixture
def dice():
    return random.Random(SEED)


@pytest.fixture
def alpha(scene):
    return scene.alpha


def listen(connection):
    """Hears what the gateway says to it, for a moment."""
    try:
        connection.until(lambda _: False, QUICK_S)
    except (Refused, TimedOut):
        pass


def test_random_bytes_instead_of_tls(gateway, dice):
    for _ in range(TRIES):
        with Wire(gateway.address) as wire:
            wire.send_plain(dice.randbytes(dice.randrange(1, 2000)))


def test_random_bytes_in_tls_records(gateway, dice):
    for _ in range(TRIES):
        with Wire(gateway.address) as wire:
            kind = bytes([dice.choice((20, 21, 22, 23, 24)), 3, dice.choice((1, 3, 4))])
            body = dice.randbytes(dice.randrange(0, 600))
            wire.send_plain(kind + len(body).to_bytes(2, "big") + body)


def test_damaged_client_hello(gateway, dice, alpha):
    for _ in range(TRIES):
        with Wire(gateway.address) as wire:
            wire.tls = alpha.context().wrap_bio(wire.incoming, wire.outgoing,
                                                server_hostname=gateway.fqdn)
            with pytest.raises(Exception, match="did not complete"):
                wire.tls.do_handshake()
            hello = bytearray(wire.outgoing.read())
            for _ in range(dice.randrange(1, 6)):
                hello[dice.randrange(len(hello))] = dice.randrange(256)
            wire.send_plain(bytes(hello))


def test_random_bytes_inside_an_established_tls_connection(gateway, dice, alpha):
    for _ in range(50):
        with alpha.connect(gateway) as connection:
            connection.wire.send_plain(dice.randbytes(dice.randrange(1, 500)))
            with pytest.raises((Refused, TimedOut, AssertionError)):
                assert connection.ping(timeout=1)


def test_random_bytes_instead_of_http2(gateway, dice, alpha):
    for _ in range(TRIES // 3):
        with alpha.wire(gateway) as wire:
            wire.send(dice.randbytes(dice.randrange(1, 2000)))


def test_random_bytes_after_the_preface(gateway, dice, alpha):
    for _ in range(TRIES // 3):
        with alpha.wire(gateway) as wire:
            wire.send(PREFACE + dice.randbytes(dice.randrange(1, 2000)))


def test_random_frames(gateway, dice, alpha):
    for _ in range(TRIES // 3):
        with frames(alpha, gateway) as connection:
            connection.send(b"".join(
                raw(dice.randrange(12), dice.randbytes(dice.choice((0, 4, 5, 8, 100))),
                    dice.randrange(256), dice.choice((0, 1, 1, 3, 2**31 - 1)))
                for _ in range(dice.randrange(1, 20))))
            listen(connection)


def test_random_header_blocks(gateway, dice, alpha):
    for _ in range(TRIES // 3):
        with frames(alpha, gateway) as connection:
            connection.send(raw(1, dice.randbytes(dice.randrange(0, 300)), 5, 1))
            listen(connection)


def test_damaged_requests(gateway, dice, alpha):
    for _ in range(TRIES // 3):
        with frames(alpha, gateway) as connection:
            whole = bytearray(b"".join(f.serialize() for f in connection.post(1, alpha.body())))
            for _ in range(dice.randrange(1, 4)):
                whole[dice.randrange(len(whole))] = dice.randrange(256)
            connection.send(bytes(whole))
            listen(connection)


def test_random_bodies_get_400_or_are_served(gateway, dice, alpha):
    with alpha.connect(gateway) as connection:
        for _ in range(TRIES):
            response = connection.negotiate(dice.randbytes(dice.randrange(0, 500)))
            assert (response.status, response.cause()) == (400, "INVALID_MSG_FORMAT")


def test_damaged_bodies_get_an_answer(gateway, dice, alpha):
    good = alpha.body(["PRINS", "TLS"], plmnIdList=[alpha.plmn_id()], supportedFeatures="1",
                      intendedUsagePurpose=[{"usagePurpose": "ROAMING"}])
    for _ in range(TRIES):
        body = bytearray(good)
        for _ in range(dice.randrange(1, 4)):
            body[dice.randrange(len(body))] = dice.choice(b'{}[]",:0a\\\x00\xff')
        assert alpha.negotiate(gateway, bytes(body)).status in (200, 400, 403)


def test_connection_that_is_reset_at_any_moment(gateway, dice, alpha):
    for turn in range(TRIES // 3):
        wire = alpha.wire(gateway)
        connection = Frames(wire, alpha, gateway.fqdn)
        if turn % 3:
            connection.send(connection.headers(1))
        if turn % 3 == 2:
            connection.send(data(1, alpha.body()[:dice.randrange(1, 100)]))
        wire.reset()
