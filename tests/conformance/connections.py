# SPDX-License-Identifier: MIT
"""What becomes of the handshake connection after the answer (the rules N5 and N7 of 5.2.2)."""

from hyperframe.frame import DataFrame, GoAwayFrame

from lib.frames import NO_ERROR, REFUSED_STREAM, frames
from lib.waiting import elapsed
from world import CLOSE_S, Mismatch, expect, granted, refused


def by_hand(w, name="alpha"):
    return frames(w.peer(name), w.main)


def con_01_tls_selected_ends_the_handshake_connection(w):
    since = elapsed()
    with w.connect("alpha") as connection:
        granted(connection.negotiate(), "TLS")
        end = connection.wait_for_end(CLOSE_S)
        connection.leave()
    w.main.until(lambda: w.main.partner("alpha")["connections"] == 0)
    if since() > CLOSE_S + 1:
        raise Mismatch(f"expected the end within {CLOSE_S} s, got {since():.1f} s")
    return f"{end}, gone at once"


def con_02_answer_is_delivered_before_a_clean_end(w):
    with by_hand(w) as connection:
        connection.send(*connection.post(1, connection.peer.body()))
        words = granted(connection.wait(1), "TLS")
        goaway = connection.wait_for_goaway()
        expect("GOAWAY", goaway and (goaway.error_code, goaway.last_stream_id), (NO_ERROR, 1))
        expect("the end of TCP", connection.wait_for_end(), "fin")
        expect("close_notify", connection.wire.notified, True)
        kinds = [type(frame) for frame in connection.received]
        last = max(index for index, kind in enumerate(kinds) if kind is DataFrame)
        expect("GOAWAY after the answer", kinds.index(GoAwayFrame) > last, True)
        return words + ", GOAWAY 0, close_notify, FIN"


def con_03_peer_that_never_closes_is_left_after_the_closing_time(w):
    with by_hand(w) as connection:
        connection.send(*connection.post(1, connection.peer.body()))
        granted(connection.wait(1), "TLS")
        connection.wait_for_end()
        since = elapsed()
        expect("the connection", w.main.partner("alpha")["connections"] > 0, True)
        w.main.until(lambda: w.main.partner("alpha")["connections"] == 0, CLOSE_S + 2)
        return f"left after {since():.1f} s with close_s = {CLOSE_S}"


def con_04_second_request_on_the_doomed_connection_is_refused(w):
    with by_hand(w) as connection:
        body = connection.peer.body()
        connection.send(*connection.post(1, body), *connection.post(3, body))
        granted(connection.wait(1), "TLS")
        second = connection.wait(3)
        goaway = connection.wait_for_goaway()
        below = goaway is not None and goaway.last_stream_id < 3
        if second.status or not (second.reset == REFUSED_STREAM or below):
            raise Mismatch(f"expected REFUSED_STREAM or GOAWAY below 3, got {second}, {goaway}")
    granted(w.send(), "TLS")
    return "REFUSED_STREAM" if second.reset == REFUSED_STREAM else "GOAWAY below it"


def con_13_connection_is_usable_after_a_4xx(w):
    with w.connect("alpha") as connection:
        words = refused(connection.negotiate(sender=None), 400, "MANDATORY_IE_MISSING")
        return words + ", then " + granted(connection.negotiate(), "TLS")
