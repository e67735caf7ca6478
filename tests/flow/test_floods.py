# SPDX-License-Identifier: MIT
"""A connection that costs more than it is worth is ended; nobody else notices (RFC 9113 10.5)."""

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory
from lib.floods import FLOODS, MANY, pings
from lib.frames import ENHANCE_YOUR_CALM, frames, raw, settings, window_update
from lib.gateway import Gateway
from lib.waiting import elapsed

STREAMS = 16


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("floods"), limits={"streams": STREAMS},
                          timeouts={"idle_s": 3, "body_s": 3, "close_s": 1})
    directory.alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    directory.beta = directory.partner("beta", "262-01", TLS_FIRST)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    """The gateway, which after the test serves another partner, and has forgotten the flood."""
    yield scene.running
    assert scene.beta.negotiate(scene.running).status == 200
    scene.running.until(scene.running.holds_nothing, 15)


@pytest.fixture
def flooder(scene, gateway):
    with frames(scene.alpha, gateway) as connection:
        yield connection


@pytest.mark.parametrize("flood", FLOODS, ids=lambda flood: flood.__name__)
def test_flood_ends_with_enhance_your_calm(flooder, flood):
    flooder.send(flood(flooder))
    goaway = flooder.wait_for_goaway()
    assert goaway is not None and goaway.error_code == ENHANCE_YOUR_CALM
    flooder.wait_for_end()


def test_keys_that_change_now_and_then_do_not_end_a_connection(scene, gateway):
    with scene.alpha.connect(gateway, exporter=True) as connection:
        for _ in range(5):
            assert connection.wire.change_keys(2)
            assert connection.negotiate(scene.alpha.body(["PRINS"])).status == 200


def test_flood_of_new_keys_ends_the_connection(scene, gateway):
    with scene.alpha.wire(gateway, exporter=True) as wire:
        wire.change_keys(5000)
        assert wire.drain() in ("fin", "reset")
    gateway.logs("too many records or messages that carry no data")


def test_many_unknown_frames_do_not_keep_others_waiting(scene, flooder):
    flooder.send(raw(0xbb) * MANY)
    since = elapsed()
    assert scene.beta.negotiate(scene.running).status == 200
    assert since() < 2


def test_other_partner_is_served_during_floods(scene, gateway):
    with frames(scene.alpha, gateway) as one, frames(scene.alpha, gateway) as two:
        for flooder in (one, two):
            flooder.send(pings(flooder)[:17 * 500])
            since = elapsed()
            assert scene.beta.negotiate(gateway).status == 200
            assert since() < 2
            flooder.send(pings(flooder))


def test_flood_is_counted_but_does_not_fill_the_log(scene, gateway):
    before = gateway.log_size()
    for _ in range(5):
        with frames(scene.alpha, gateway) as connection:
            connection.send(pings(connection))
            connection.wait_for_goaway()
    assert gateway.log_size() - before < 100_000


def test_streams_with_a_zero_window_are_bounded_and_ended(scene, gateway):
    with frames(scene.alpha, gateway) as connection:
        connection.send(settings(INITIAL_WINDOW_SIZE=0))
        connection.answers_ping()
        body = connection.peer.body(["PRINS"])
        streams = range(1, 6 * STREAMS, 2)
        for stream in streams:
            connection.send(*connection.post(stream, body))
        assert scene.beta.negotiate(gateway).status == 200
        for stream in streams:
            response = connection.wait(stream, 10)
            assert response.done or connection.wire.is_over
            assert response.body == b""
        begun = [one for one in connection.responses.values() if one.status]
        assert len(begun) <= STREAMS


def test_answers_wait_for_the_window_and_then_come(flooder):
    flooder.send(settings(INITIAL_WINDOW_SIZE=0))
    flooder.answers_ping()
    flooder.send(*flooder.post(1, flooder.peer.body(["PRINS"])))
    flooder.until(lambda _: flooder.response(1).status)
    assert flooder.answers_ping(b"nothing?")
    assert flooder.response(1).body == b""
    flooder.send(window_update(1, 10))
    flooder.until(lambda _: len(flooder.response(1).body) == 10)
    flooder.send(window_update(1, 65535))
    assert flooder.wait(1).json()["selectedSecCapability"] == "PRINS"
    flooder.wire.close()


def test_ordinary_use_is_no_flood(scene, gateway):
    with scene.alpha.connect(gateway) as connection:
        for turn in range(200):
            assert connection.ping(turn.to_bytes(8, "big"))
        for _ in range(100):
            assert connection.negotiate(capabilities=["PRINS"]).status == 200
        assert connection.goaway is None
