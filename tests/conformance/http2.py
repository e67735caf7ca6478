# SPDX-License-Identifier: MIT
"""HTTP/2 as RFC 9113 has it: what is malformed, what is unusual but right, what is too much."""

from hyperframe.frame import (DataFrame, GoAwayFrame, HeadersFrame, PingFrame, RstStreamFrame,
                              SettingsFrame)

from lib.frames import (ENHANCE_YOUR_CALM, NO_ERROR, PREFACE, PROTOCOL_ERROR, REFUSED_STREAM,
                        Frames, data, frames, raw, reset, settings)
from lib.wire import Refused
from world import STREAMS, Mismatch, expect, expect_in, granted


def by_hand(w, name="alpha"):
    return frames(w.peer(name), w.main)


def cap_body(connection):
    return connection.peer.body()


def expect_reset(response, code):
    if response.reset != code:
        raise Mismatch(f"expected RST_STREAM {code}, got {response}")
    return f"RST_STREAM {code}"


def ends_with_nothing_served(w, first_bytes):
    """What a connection gets that begins with these bytes: no response, and the end."""
    with w.peer("alpha").wire(w.main) as wire:
        connection = Frames(wire, w.peer("alpha"), w.main.fqdn, preface=first_bytes)
        try:
            goaway = connection.wait_for_goaway()
            connection.wait_for_end()
        except Refused as refused:
            return refused.alert
        served = [f for f in connection.received if isinstance(f, (HeadersFrame, DataFrame))]
        expect("responses", served, [])
        return f"GOAWAY {goaway.error_code}" if goaway else "closed"


def htp_01_no_http2_preface_ends_the_connection(w):
    get = b"GET / HTTP/1.1\r\nHost: sepp\r\n\r\n"
    ends_with_nothing_served(w, PREFACE.replace(b"SM", b"XX"))
    words = ends_with_nothing_served(w, get)
    granted(w.send(), "TLS")
    return words


def htp_02_connection_specific_header_field_is_malformed(w):
    for field in (("connection", "keep-alive"), ("transfer-encoding", "chunked"),
                  ("upgrade", "h2c"), ("te", "gzip")):
        with by_hand(w) as connection:
            fields = connection.fields(extra=[field])
            connection.send(connection.headers(1, fields), data(1, cap_body(connection), True))
            words = expect_reset(connection.wait(1), PROTOCOL_ERROR)
            expect("the connection alive", connection.answers_ping(), True)
    return words


def htp_03_content_length_other_than_the_data_is_malformed(w):
    for difference in (-1, 1):
        with by_hand(w) as connection:
            body = cap_body(connection)
            length = ("content-length", str(len(body) + difference))
            connection.send(connection.headers(1, connection.fields(extra=[length])),
                            data(1, body, True))
            words = expect_reset(connection.wait(1), PROTOCOL_ERROR)
    return words


def htp_04_trailers_padding_and_continuation_are_accepted(w):
    with by_hand(w) as connection:
        body = cap_body(connection)
        padded = DataFrame(1, data=body, pad_length=40, flags=["PADDED"])
        trailers = HeadersFrame(1, data=connection.block([("x-checksum", "1")]),
                                flags=["END_HEADERS", "END_STREAM"])
        pieces = connection.split_headers(1, connection.fields(extra=[("x-pad", "y" * 50)]), 3)
        connection.send(*pieces, padded, trailers)
        return granted(connection.wait(1), "TLS")


def htp_05_body_in_many_data_frames_is_accepted(w):
    with by_hand(w) as connection:
        body = cap_body(connection)
        length = [("content-length", str(len(body)))]
        connection.send(connection.headers(1, connection.fields(extra=length)))
        for at in range(len(body)):
            connection.send(data(1, body[at:at + 1]))
        connection.send(data(1, b"", end=True))
        return granted(connection.wait(1), "TLS") + f" for {len(body)} frames"


def htp_06_streams_over_the_limit_are_refused_and_the_others_served(w):
    with by_hand(w) as connection:
        limit = connection.wait_for_setting(SettingsFrame.MAX_CONCURRENT_STREAMS)
        expect("MAX_CONCURRENT_STREAMS", limit, STREAMS)
        connection.answers_ping()
        streams = [1 + 2 * index for index in range(STREAMS)]
        connection.send(*[connection.headers(stream) for stream in streams])
        over = streams[-1] + 2
        connection.send(connection.headers(over))
        words = expect_reset(connection.wait(over), REFUSED_STREAM)
        connection.send(data(1, cap_body(connection), end=True))
        return words + ", then " + granted(connection.wait(1), "TLS")


def htp_07_ping_is_acknowledged(w):
    with by_hand(w) as connection:
        connection.send(PingFrame(0, opaque_data=b"\0\1\2\3\4\5\6\7"))
        pong = connection.until(lambda f: isinstance(f, PingFrame))
        expect("the payload", pong and pong.opaque_data, b"\0\1\2\3\4\5\6\7")
        expect("the flags", sorted(pong.flags), ["ACK"])
        return "ACK with the same payload"


def htp_08_goaway_of_the_peer_lets_its_stream_finish(w):
    with by_hand(w) as connection:
        body = cap_body(connection)
        connection.send(connection.headers(1), data(1, body[:10]))
        connection.send(GoAwayFrame(0, last_stream_id=0, error_code=NO_ERROR))
        connection.send(data(1, body[10:], end=True))
        words = granted(connection.wait(1), "TLS")
    granted(w.send(), "TLS")
    return words + ", and again on a new connection"


def flood(w, make):
    """Sends what `make(connection)` makes, and waits for GOAWAY.  Returns its code."""
    with by_hand(w) as connection:
        connection.send(make(connection))
        goaway = connection.wait_for_goaway()
        return goaway and goaway.error_code


def rapid_resets(connection):
    block = connection.block(connection.fields())
    return b"".join(raw(1, block, flags=4, stream=stream) + reset(stream).serialize()
                    for stream in range(1, 10001, 2))


def htp_09_floods_end_with_enhance_your_calm(w):
    calm = ENHANCE_YOUR_CALM
    expect("GOAWAY after rapid resets", flood(w, rapid_resets), calm)
    one = settings(INITIAL_WINDOW_SIZE=65535).serialize()
    expect("GOAWAY after many SETTINGS", flood(w, lambda _: one * 20000), calm)
    granted(w.send(), "TLS")
    return "GOAWAY 11 twice, the next is served"


def htp_10_unknown_frames_and_settings_are_ignored(w):
    with by_hand(w) as connection:
        strange = raw(4, (0x7777).to_bytes(2, "big") + (5).to_bytes(4, "big"))
        connection.send(strange, raw(0xbb, b"what", flags=0xff), connection.headers(1),
                        raw(0xbc, b"ever", stream=1), data(1, cap_body(connection), end=True))
        words = granted(connection.wait(1), "TLS")
        resets = [f for f in connection.received if isinstance(f, RstStreamFrame)]
        expect_in("RST_STREAM", len(resets), (0,))
        return words
