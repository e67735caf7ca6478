# SPDX-License-Identifier: MIT
"""What becomes of the handshake connection after the answer, and which others there are.

The rules N5 to N8 of 5.2.2, and what TS 33.501 13.1 and 13.2.2 add.
"""

from hyperframe.frame import DataFrame, GoAwayFrame

from initiator import agrees
from lib.frames import NO_ERROR, REFUSED_STREAM, frames
from lib.gateway import Gateway
from lib.peer import CAPABILITY_PATH, ERROR_PATH, PARAMS_PATH, new_id
from lib.waiting import elapsed
from scripted import RESTARTING
from world import CLOSE_S, IDLE_S, Mismatch, NotYet, expect, expect_in, granted, refused


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


def con_05_n32f_uses_a_connection_of_its_own(_):
    raise NotYet("needs N32-f forwarding")


def con_06_prins_selected_leaves_the_connection_usable(w):
    with w.prins("suites") as connection:
        granted(connection.negotiate(capabilities=["PRINS"]), "PRINS")
        expect("GOAWAY", connection.goaway, None)
        answer = connection.params()
        expect("status of exchange-params", answer.status, 200)
        expect("the connection alive", connection.is_alive(), True)
        return "exchange-params on the same connection"


def con_07_connection_that_the_peer_closes_is_opened_again(w):
    sepp, gateway = w.sepp("closes-at-once"), w.initiator
    exchange = sepp.wait_requests(1, PARAMS_PATH)[0]
    first = sepp.of_path(CAPABILITY_PATH)[0]
    if exchange.connection is first.connection:
        raise Mismatch("expected exchange-params on a new connection, got it on the closed one")
    expect("negotiations", len(sepp.of_path(CAPABILITY_PATH)), 1)
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    shown = gateway.until(lambda: gateway.context(context))
    expect("the keys", shown["check"], context.check)
    return f"exchange-params on connection {exchange.connection.index}"


def reported(w, name, context):
    """Has the gateway report an error to a partner.  Returns the exchange at its SEPP."""
    sepp, message = w.sepps[name], new_id()
    w.parameters.command("report", name, "--type", "INTEGRITY_CHECK_FAILED",
                         "--message", message, "--context", context.peer_id)
    exchange = sepp.wait_for(lambda: [e for e in sepp.of_path(ERROR_PATH)
                                      if e.json()["n32fMessageId"] == message])[0]
    expect("n32fErrorType", exchange.json()["n32fErrorType"], "INTEGRITY_CHECK_FAILED")
    return exchange


def con_08_responder_reports_as_a_client_and_initiator_accepts_it(w):
    context = w.establish("reported-to")
    connection = reported(w, "reported-to", context).connection
    expect_in("names in the client certificate", w.parameters.fqdn, connection.client_names)
    expect("ALPN", connection.alpn, "h2")
    sepp, gateway = w.sepp("talks-back"), w.initiator
    ours = sepp.wait_for(lambda: sepp.contexts)[0]
    gateway.until(lambda: gateway.context(ours))
    answer = sepp.peer.report(gateway, context=ours.peer_id)
    expect("status of n32f-error", answer.status, 204)
    return "reported over a connection of its own, and 204 to a report"


def con_09_second_connection_repeats_nothing(w):
    context = w.establish("reported-to")
    before = w.parameters.context(context)
    exchange = reported(w, "reported-to", context)
    paths = {e.path for e in exchange.connection.requests}
    expect("the paths on it", paths, {ERROR_PATH})
    others = w.sepps["reported-to"].of_path(CAPABILITY_PATH)
    expect("negotiations of the responder", others, [])
    after = w.parameters.context(context)
    expect("the keys", after["check"], before["check"])
    expect("the keys of the partner", after["check"], context.check)
    return "n32f-error alone, same keys"


def con_10_none_selected_ends_the_handshake_connection(w):
    w.agree("leaving", "TLS", supportedFeatures="1")
    with w.connect("leaving") as connection:
        answer = connection.negotiate(capabilities=["NONE"], supportedFeatures="1")
        words = granted(answer, "NONE")
        expect("GOAWAY", connection.wait_for_goaway(), NO_ERROR)
        expect("the end of TCP", connection.wait_for_end(), "fin")
    return words + ", GOAWAY 0, FIN"


def con_11_result_is_used_by_the_responder_without_negotiating_again(_):
    raise NotYet("needs N32-f forwarding")


def con_12_responder_uses_the_reverse_keys(_):
    raise NotYet("needs N32-f forwarding")


def con_13_connection_is_usable_after_a_4xx(w):
    with w.connect("alpha") as connection:
        words = refused(connection.negotiate(sender=None), 400, "MANDATORY_IE_MISSING")
        return words + ", then " + granted(connection.negotiate(), "TLS")


def con_14_idle_connection_is_ended_and_the_agreement_kept(w):
    with w.connect("idling") as connection:
        granted(connection.negotiate(capabilities=["PRINS"]), "PRINS")
        since = elapsed()
        expect("GOAWAY", connection.wait_for_goaway(IDLE_S + 3), NO_ERROR)
        waited = since()
        expect("the end of TCP", connection.wait_for_end(), "fin")
        expect("close_notify", connection.wire.notified, True)
    expect("the state", w.main.state("idling"), "agreed_prins")
    return f"GOAWAY 0 after {waited:.1f} s with idle_s = {IDLE_S}, agreed_prins"


def con_15_n32f_before_any_n32c_is_refused(_):
    raise NotYet("needs N32-f forwarding")


def con_17_restarted_gateway_negotiates_at_once(w):
    gateway = w.alone("restarting", RESTARTING)
    sepp = w.sepps["restarting"]
    agrees(gateway, "restarting", "TLS")
    gateway.stop()
    before = len(sepp.of_path(CAPABILITY_PATH))
    again = w.gateways["restarting"] = Gateway(gateway.directory).start()
    sepp.wait_requests(before + 1, CAPABILITY_PATH)
    agrees(again, "restarting", "TLS")
    return "a new handshake; that old N32-f is refused needs N32-f forwarding"


def con_18_each_pair_of_networks_has_connections_of_its_own(w):
    first, second, gateway = w.sepp("first-group"), w.sepp("second-group"), w.initiator
    words = [agrees(gateway, "first-group", "TLS"), agrees(gateway, "second-group", "PRINS")]
    for sepp in (first, second):
        expect("SNI", {c.sni for c in sepp.connections}, {sepp.peer.fqdn})
    before = len(first.requests)
    asked = len(second.of_path(CAPABILITY_PATH))
    gateway.command("negotiate", "second-group")
    second.wait_requests(asked + 1, CAPABILITY_PATH)
    expect("requests to the other group", len(first.requests), before)
    expect("capability of the other group", gateway.partner("first-group")["capability"], "TLS")
    return " and ".join(words)
