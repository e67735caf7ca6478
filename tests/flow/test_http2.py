# SPDX-License-Identifier: MIT
"""Requests that are malformed or unusual, and frames that break the rules (RFC 9113)."""

import ssl

from hyperframe.frame import HeadersFrame, PriorityFrame
import pytest

from lib.directory import KEEP, PRINS_FIRST, Directory
from lib.frames import (COMPRESSION_ERROR, FLOW_CONTROL_ERROR, FRAME_SIZE_ERROR, PREFACE,
                        PROTOCOL_ERROR, Frames, data, frames, raw, settings, window_update)
from lib.gateway import Gateway
from lib.peer import CAPABILITY_PATH, JSON_HEADERS

PSEUDO = {":method": "POST", ":scheme": "https", ":path": CAPABILITY_PATH}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("http2"))
    directory.alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    """The gateway, which after the test serves its partner."""
    yield scene.running
    assert scene.alpha.negotiate(scene.running, capabilities=["PRINS"]).status == 200


@pytest.fixture
def connection(scene, gateway):
    with frames(scene.alpha, gateway) as connection:
        assert connection.answers_ping(b"is there")
        yield connection


@pytest.fixture
def alpha(scene):
    return scene.alpha


def request_of(connection, changes=None, extra=()):
    """Header fields with pseudo-header fields changed; None leaves one out."""
    pseudo = {**PSEUDO, ":authority": connection.authority, **(changes or {})}
    present = [(name, value) for name, value in pseudo.items() if value is not None]
    return [*present, *JSON_HEADERS, *extra]


MALFORMED = {
    "without_a_method": ({":method": None}, ()),
    "without_a_path": ({":path": None}, ()),
    "without_a_scheme": ({":scheme": None}, ()),
    "with_an_empty_path": ({":path": ""}, ()),
    "with_a_path_without_slash": ({":path": "n32c-handshake"}, ()),
    "with_an_unknown_pseudo_header": ({":colour": "blue"}, ()),
    "with_a_status": ({":status": "200"}, ()),
    "with_an_upper_case_name": ({}, [("X-Big", "1")]),
    "with_a_space_in_a_name": ({}, [("x y", "1")]),
    "with_a_line_break_in_a_value": ({}, [("x-a", "1\r\nx-b: 2")]),
    "with_a_nul_in_a_value": ({}, [("x-a", "1\x002")]),
    "with_a_late_pseudo_header": ({}, [(":path", "/")]),
    "with_two_lengths": ({}, [("content-length", "1"), ("content-length", "2")]),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_malformed_request_is_a_stream_error(connection, case):
    changes, extra = MALFORMED[case]
    connection.send(connection.headers(1, request_of(connection, changes, extra)),
                    data(1, connection.peer.body(["PRINS"]), end=True))
    response = connection.wait(1)
    assert (response.reset, response.status) == (PROTOCOL_ERROR, None)
    connection.send(*connection.post(3, connection.peer.body(["PRINS"])))
    assert connection.wait(3).status == 200


def test_response_part_in_trailers_is_a_stream_error(connection):
    trailers = HeadersFrame(1, data=connection.block([(":path", "/")]),
                            flags=["END_HEADERS", "END_STREAM"])
    connection.send(connection.headers(1), data(1, connection.peer.body()), trailers)
    assert connection.wait(1).reset == PROTOCOL_ERROR


BROKEN_FRAMES = {
    "data_on_an_idle_stream": (lambda c: data(5, b"x"), {PROTOCOL_ERROR}),
    "data_on_stream_0": (lambda c: raw(0, b"x"), {PROTOCOL_ERROR}),
    "headers_on_an_even_stream": (lambda c: c.headers(2), {PROTOCOL_ERROR}),
    "continuation_without_headers": (lambda c: raw(9, b"", 4, 1), {PROTOCOL_ERROR}),
    "another_frame_within_a_header_block": (
        lambda c: c.headers(1, whole=False).serialize() + raw(6, b"01234567"), {PROTOCOL_ERROR}),
    "a_frame_that_is_too_large": (lambda c: raw(0, b"x" * 16385, 0, 1), {FRAME_SIZE_ERROR}),
    "a_ping_of_seven_bytes": (lambda c: raw(6, b"0123456"), {FRAME_SIZE_ERROR}),
    "settings_of_five_bytes": (lambda c: raw(4, b"01234"), {FRAME_SIZE_ERROR}),
    "settings_acknowledged_with_a_payload": (
        lambda c: raw(4, b"\0\3\0\0\0\1", 1), {FRAME_SIZE_ERROR}),
    "settings_with_a_huge_window": (
        lambda c: settings(INITIAL_WINDOW_SIZE=2**31), {FLOW_CONTROL_ERROR}),
    "settings_on_a_stream": (lambda c: raw(4, b"", 0, 1), {PROTOCOL_ERROR}),
    "push_promise_of_a_client": (lambda c: raw(5, b"\0\0\0\2", 4, 1), {PROTOCOL_ERROR}),
    "window_update_of_0": (lambda c: raw(8, b"\0\0\0\0"), {PROTOCOL_ERROR}),
    "window_update_that_overflows": (
        lambda c: window_update(0, 2**31 - 1), {FLOW_CONTROL_ERROR}),
    "padding_longer_than_the_frame": (
        lambda c: c.headers(1).serialize() + raw(0, b"\xffx", 8, 1), {PROTOCOL_ERROR}),
    "header_block_that_does_not_decompress": (
        lambda c: raw(1, b"\xff\xff\xff\xff\xff\xff\xff", 5, 1), {COMPRESSION_ERROR}),
}


@pytest.mark.parametrize("case", BROKEN_FRAMES)
def test_broken_frame_is_a_connection_error(connection, case):
    make, codes = BROKEN_FRAMES[case]
    connection.send(make(connection))
    goaway = connection.wait_for_goaway()
    assert goaway is not None and goaway.error_code in codes
    connection.wait_for_end()


def test_bodies_beyond_the_window_of_the_connection_are_a_flow_control_error(connection):
    """Unfinished bodies are held, so their window does not come back."""
    streams = range(1, 41, 2)
    connection.send(*[connection.headers(stream) for stream in streams])
    connection.send(*[data(stream, b" " * 16384) for stream in streams for _ in range(3)])
    goaway = connection.wait_for_goaway()
    assert goaway is not None and goaway.error_code == FLOW_CONTROL_ERROR
    connection.wait_for_end()


def test_request_on_an_older_stream_is_not_answered(connection):
    body = connection.peer.body(["PRINS"])
    connection.send(connection.headers(5), *connection.post(3, body), data(5, body, end=True))
    connection.until(lambda _: connection.response(5).done)
    assert connection.response(3).status is None


def test_two_requests_at_once_are_both_served(connection):
    body = connection.peer.body(["PRINS"])
    connection.send(connection.headers(1), connection.headers(3), data(3, body, end=True),
                    data(1, body, end=True))
    assert connection.wait(1).status == 200
    assert connection.wait(3).status == 200


def test_hundred_requests_on_one_connection_are_served(connection):
    for stream in range(1, 201, 2):
        connection.send(*connection.post(stream, connection.peer.body(["PRINS"])))
        assert connection.wait(stream).status == 200


def test_priority_information_is_accepted(connection):
    fields = connection.fields(extra=[("priority", "u=1"), ("te", "trailers")])
    header = HeadersFrame(1, data=connection.block(fields), depends_on=0, stream_weight=9,
                          flags=["END_HEADERS", "PRIORITY"])
    connection.send(PriorityFrame(1, depends_on=0, stream_weight=3), header,
                    data(1, connection.peer.body(["PRINS"]), end=True))
    assert connection.wait(1).status == 200


def test_preface_in_pieces_is_accepted(scene, gateway):
    with scene.alpha.wire(gateway) as wire:
        for at in range(len(PREFACE) - 1):
            wire.send(PREFACE[at:at + 1])
        connection = Frames(wire, scene.alpha, gateway.fqdn, preface=PREFACE[-1:])
        connection.send(*connection.post(1, scene.alpha.body(["PRINS"])))
        assert connection.wait(1).status == 200


@pytest.mark.parametrize("kind, status", [
    ("APPLICATION/JSON", 200), ("application/json ; charset=utf-8", 200),
    ("application/json-patch+json", 415), ("application/jsonx", 415), ("", 415),
    ("application/problem+json", 415)])
def test_media_type_is_compared_as_a_whole(gateway, alpha, kind, status):
    with alpha.connect(gateway) as connection:
        response = connection.request("POST", CAPABILITY_PATH, [("content-type", kind)],
                                      alpha.body(["PRINS"]))
        assert response.status == status


@pytest.mark.parametrize("path, status", [
    ("/", 400), ("/n32c-handshake", 400), ("/n32c-handshake/v1", 404),
    ("/n32c-handshake/v1/exchange-capability/x", 404), ("/N32C-handshake/v1/x", 400),
    ("/n32c-handshake/v1/exchange-parameters", 404), ("//n32c-handshake/v1/exchange-capability", 400),
    ("/n32c-handshake/v1/../v1/exchange-capability", 404),
    ("/n32c-handshake/v1/exchange-capability?x=1", 400),
    pytest.param("/n32c-handshake/v1/" + "x" * 500, 404, id="long"),
    pytest.param("/n32c-handshake/v1/" + "x" * 5000, 431, id="too long")])
def test_path_is_compared_as_a_whole(gateway, alpha, path, status):
    with alpha.connect(gateway) as connection:
        response = connection.request("POST", path, JSON_HEADERS, alpha.body(["PRINS"]))
        assert response.status == status, str(response)
        assert response.json()["status"] == status


def test_trailing_dot_of_the_sender_is_no_difference(gateway, alpha):
    response = alpha.negotiate(gateway, sender=alpha.fqdn + ".", capabilities=["PRINS"])
    assert response.status == 200


def test_head_request_gets_no_body(gateway, alpha):
    with alpha.connect(gateway) as connection:
        response = connection.request("HEAD", CAPABILITY_PATH)
        assert (response.status, response.body) == (405, b"")


def test_answer_says_its_length(gateway, alpha):
    response = alpha.negotiate(gateway, capabilities=["PRINS"])
    assert int(response.header("content-length")) == len(response.body)


def test_request_that_comes_with_close_notify_is_answered(connection, alpha):
    post = connection.post(1, alpha.body(["PRINS"]))
    connection.wire.tls.write(b"".join(frame.serialize() for frame in post))
    connection.wire.say_goodbye()
    while connection.wire.end is None:
        connection.wire.fill()
    # Python's ssl reads no data after its own close_notify, but it says that there was some
    with pytest.raises(ssl.SSLError, match="APPLICATION_DATA_AFTER_CLOSE_NOTIFY"):
        connection.wire.tls.unwrap()
