# SPDX-License-Identifier: MIT
"""Sizes and times that a peer may use up, and what happens at the bound."""

import json

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory
from lib.frames import data, frames
from lib.gateway import Gateway
from lib.peer import CAPABILITY_PATH, JSON_HEADERS
from lib.waiting import Deadline, elapsed, readable
from lib.wire import Refused, TimedOut, Wire

BODY_BYTES = 4096
HEADER_BYTES = 8192
SHORT_S = 1
ENOUGH_S = SHORT_S + 3
DRIBBLE_S = 0.05


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(
        tmp_path_factory.mktemp("limits"),
        limits={"body_bytes": BODY_BYTES, "header_bytes": HEADER_BYTES, "streams": 16},
        timeouts={"handshake_s": SHORT_S, "first_request_s": SHORT_S, "body_s": SHORT_S,
                  "idle_s": 2, "close_s": SHORT_S})
    directory.alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    directory.beta = directory.partner("beta", "262-01", TLS_FIRST)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    """The gateway, which after the test serves another partner."""
    yield scene.running
    assert scene.beta.negotiate(scene.running).status == 200


@pytest.fixture
def alpha(scene):
    return scene.alpha


def dribble(wire, pieces, send, meanwhile):
    """Sends piece by piece, and after some of them does something else.

    Returns how many were sent when the peer ended the connection, or took no more.
    """
    for count, piece in enumerate(pieces):
        if wire.end or not send(piece):
            return count
        if count % 10 == 5:
            meanwhile()
        if readable(wire.sock, DRIBBLE_S):
            return count
    return len(pieces)


def hello_of(alpha, gateway):
    """The bytes of a ClientHello."""
    with Wire(gateway.address) as wire:
        wire.tls = alpha.context().wrap_bio(wire.incoming, wire.outgoing,
                                            server_hostname=gateway.fqdn)
        with pytest.raises(Exception, match="did not complete"):
            wire.tls.do_handshake()
        return wire.outgoing.read()


def test_dribbled_handshake_is_timed_out_while_others_are_served(gateway, alpha, scene):
    hello = hello_of(alpha, gateway)
    since = elapsed()
    with Wire(gateway.address) as wire:
        dribble(wire, [hello[at:at + 1] for at in range(len(hello))], wire.send_plain,
                lambda: scene.beta.negotiate(gateway))
        assert wire.drain(ENOUGH_S) in ("fin", "reset")
    assert SHORT_S * 0.5 < since() < ENOUGH_S


def test_silent_connection_is_timed_out(gateway):
    since = elapsed()
    with Wire(gateway.address) as wire:
        assert wire.drain(ENOUGH_S) in ("fin", "reset")
    assert since() < ENOUGH_S


def test_connection_without_request_is_timed_out(gateway, alpha):
    since = elapsed()
    with alpha.connect(gateway) as connection:
        assert connection.wait_for_goaway(ENOUGH_S) == 0
        connection.wait_for_end(ENOUGH_S)
    assert since() < ENOUGH_S


def test_pings_do_not_stand_in_for_a_request(gateway, alpha):
    deadline = Deadline(ENOUGH_S + 1)
    with alpha.connect(gateway) as connection:
        turn = 0
        while connection.goaway is None and not deadline.passed():
            turn += 1
            connection.ping(turn.to_bytes(8, "big"))
            readable(connection.wire.sock, DRIBBLE_S)
        assert connection.goaway is not None


def test_dribbled_body_is_timed_out_while_others_are_served(gateway, alpha, scene):
    body = alpha.body(["PRINS"], x="y" * 1000)
    since = elapsed()
    with frames(alpha, gateway) as connection:
        connection.send(connection.headers(1))
        assert connection.answers_ping()
        dribble(connection.wire, [data(1, body[at:at + 1]) for at in range(len(body))],
                connection.send, lambda: scene.beta.negotiate(gateway))
        response = connection.wait(1, ENOUGH_S)
        assert response.status in (None, 408) and b"selected" not in response.body
    assert since() < ENOUGH_S + 1


def test_body_that_never_comes_is_timed_out(gateway, alpha):
    since = elapsed()
    with frames(alpha, gateway) as connection:
        connection.send(connection.headers(1), data(1, b"{"))
        response = connection.wait(1, ENOUGH_S)
        assert response.status in (None, 408)
    assert since() < ENOUGH_S


def test_half_a_header_block_is_timed_out(gateway, alpha):
    with frames(alpha, gateway) as connection:
        connection.send(connection.headers(1, whole=False))
        connection.wait_for_end(ENOUGH_S + 1)
        assert connection.response(1).status is None


def test_kept_connection_lives_longer_than_its_first_request_may_take(gateway, alpha):
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        assert not readable(connection.wire.sock, SHORT_S + 0.5)
        assert connection.is_alive()


def test_connection_that_idles_after_an_error_is_closed(scene, gateway):
    with scene.beta.connect(gateway) as connection:
        assert connection.negotiate(b"{}").status == 400
        assert connection.wait_for_goaway(2 + ENOUGH_S) == 0
        connection.wait_for_end(ENOUGH_S)


def test_content_length_over_the_limit_is_answered_before_the_body(gateway, alpha):
    with frames(alpha, gateway) as connection:
        length = [("content-length", str(10_000_000))]
        connection.send(connection.headers(1, connection.fields(extra=length)))
        response = connection.wait(1, SHORT_S * 0.8)
        assert response.status == 413
        assert response.json()["status"] == 413


def test_body_over_the_limit_is_answered_before_its_end(gateway, alpha):
    with frames(alpha, gateway) as connection:
        connection.send(connection.headers(1), data(1, b" " * BODY_BYTES))
        assert connection.answers_ping()
        assert connection.response(1).status is None
        connection.send(data(1, b" "))
        connection.until(lambda _: connection.response(1).status, SHORT_S * 0.8)
        assert connection.response(1).status == 413


def test_body_of_exactly_the_limit_is_served(gateway, alpha):
    body = alpha.body(["PRINS"])
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(body + b" " * (BODY_BYTES - len(body))).status == 200
        assert connection.negotiate(body + b" " * (BODY_BYTES - len(body) + 1)).status == 413
        assert connection.negotiate(body).status == 200


def test_connection_is_usable_after_413_before_the_body(gateway, alpha):
    with frames(alpha, gateway) as connection:
        length = [("content-length", str(BODY_BYTES + 1))]
        connection.send(connection.headers(1, connection.fields(extra=length)))
        assert connection.wait(1).status == 413
        connection.send(*connection.post(3, alpha.body(["PRINS"])))
        assert connection.wait(3).status == 200


def test_absurd_content_length_is_refused(gateway, alpha):
    for text in ("99999999999999999999999", "-1", "1e3", "0x10", ""):
        with frames(alpha, gateway) as connection:
            fields = connection.fields(extra=[("content-length", text)])
            connection.send(connection.headers(1, fields), data(1, alpha.body(), end=True))
            response = connection.wait(1)
            assert response.status in (None, 400, 413)


def test_header_list_over_the_limit_is_431(gateway, alpha):
    with alpha.connect(gateway) as connection:
        extra = [*JSON_HEADERS, ("x-big", "y" * HEADER_BYTES)]
        response = connection.request("POST", CAPABILITY_PATH, extra, alpha.body(["PRINS"]))
        assert response.status == 431
        assert response.json()["status"] == 431


def test_many_small_headers_over_the_limit_are_431(gateway, alpha):
    with alpha.connect(gateway) as connection:
        extra = [*JSON_HEADERS, *((f"x-{number}", "y") for number in range(HEADER_BYTES // 33))]
        response = connection.request("POST", CAPABILITY_PATH, extra, alpha.body(["PRINS"]))
        assert response.status == 431


def test_header_list_under_the_limit_is_served(gateway, alpha):
    with alpha.connect(gateway) as connection:
        extra = [*JSON_HEADERS, ("x-big", "y" * (HEADER_BYTES - 1000))]
        response = connection.request("POST", CAPABILITY_PATH, extra, alpha.body(["PRINS"]))
        assert response.status == 200


def test_gateway_advertises_its_limits(gateway, alpha):
    with frames(alpha, gateway) as connection:
        assert connection.wait_for_setting(3) == 16
        assert connection.wait_for_setting(6) == HEADER_BYTES


def test_many_offences_in_one_body_are_all_reported(gateway, alpha):
    body = json.dumps({
        "supportedSecCapabilityList": [1, "TLS"], "3GppSbiTargetApiRootSupported": "yes",
        "plmnIdList": [{"mcc": "1", "mnc": "x"}, {}], "targetPlmnId": [],
        "intendedUsagePurpose": [{}], "supportedFeatures": "xyz", "senderN32fPort": 0,
        "senderN32fFqdn": 5}).encode()
    response = alpha.negotiate(gateway, body)
    assert (response.status, response.cause()) == (400, "MANDATORY_IE_MISSING")
    assert {"/sender", "/supportedSecCapabilityList/0", "/3GppSbiTargetApiRootSupported",
            "/plmnIdList/0/mcc", "/plmnIdList/0/mnc", "/plmnIdList/1/mcc", "/plmnIdList/1/mnc",
            "/targetPlmnId", "/intendedUsagePurpose/0/usagePurpose", "/supportedFeatures",
            "/senderN32fPort", "/senderN32fFqdn"} <= set(response.offences())


def test_thousand_offences_are_reported_within_bounds(gateway, alpha):
    response = alpha.negotiate(gateway, alpha.body([1] * 1000))
    assert response.status == 400
    assert 0 < len(response.offences()) <= 64


def test_silent_handshakes_give_way_to_a_partner(tmp_path):
    directory = Directory(tmp_path, workers=1, limits={"handshakes": 8},
                          timeouts={"handshake_s": 60})
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    with Gateway(directory) as gateway:
        silent = [Wire(gateway.address) for _ in range(50)]
        assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
        assert gateway.status()["connections"]["handshaking"] <= 8
        assert silent[0].drain() in ("fin", "reset")
        for wire in silent:
            wire.close()


def test_connections_over_the_gateways_limit_are_not_served(tmp_path):
    directory = Directory(tmp_path, limits={"connections": 4})
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    with Gateway(directory) as gateway:
        kept = [alpha.connect(gateway) for _ in range(4)]
        for connection in kept:
            assert connection.negotiate(capabilities=["PRINS"]).status == 200
        with pytest.raises((Refused, OSError, TimedOut)):
            with alpha.connect(gateway) as connection:
                assert connection.negotiate(timeout=2).status == 200
        assert all(connection.is_alive() for connection in kept)
        for connection in kept:
            connection.leave()
        gateway.until(lambda: gateway.open_connections() == 0)
        assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
