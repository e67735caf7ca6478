# SPDX-License-Identifier: MIT
"""exchange-capability with the gateway as the initiator: what it sends, and what it accepts."""

import re

from lib.directory import TLS
from lib.peer import CAPABILITY_PATH, PARAMS_PATH
from scripted import CHANGING, CIRCLING, RETRY_AFTER_S
from world import RESPONSE_S, Mismatch, NotYet, expect, expect_in

CANCEL = 8
STOPPED = ("backing_off", "refused", "quarantined")
REDIRECTS_MAX = 20  # of one attempt, and of one more that may have begun


def out(gateway, name):
    """How our own attempts at a partner go."""
    return gateway.partner(name)["out"]


def comes_to(gateway, name, *states, timeout=5.0):
    """Waits for a state of our attempts.  Returns what was said of it."""
    def seen():
        found = out(gateway, name)
        return found if found["state"] in states else None

    return gateway.until(seen, timeout)


def agrees(gateway, name, capability, timeout=5.0):
    """Waits until that is agreed on with a partner."""
    gateway.until(lambda: gateway.partner(name)["capability"] == capability, timeout)
    return f"{capability} agreed"


def expect_alarm(gateway, name):
    """States that the log has a line about the partner that an operator is to see."""
    line = re.compile(rf"^(warn|error) .*\b{re.escape(name)}\b", re.M)
    gateway.until(lambda: line.search(gateway.log()))


def quarantined(w, name):
    """What a partner gets that breaks the protocol: no agreement, no connection, an alarm."""
    sepp, gateway = w.sepp(name), w.initiator
    state = comes_to(gateway, name, "quarantined")
    connection = sepp.wait_connection_end(0)
    expect("who ended the connection", connection.ended_by, "them")
    expect("capability", gateway.partner(name)["capability"], None)
    expect("requests of exchange-params", sepp.of_path(PARAMS_PATH), [])
    expect("contexts", gateway.contexts(name), [])
    expect("a time of the next attempt", bool(state["next"]), True)
    expect_alarm(gateway, name)
    return f"quarantined: {state['reason']}"


def ini_01_start_makes_a_tls_connection_and_negotiates_once(w):
    sepp, gateway = w.sepp("plain"), w.initiator
    words = agrees(gateway, "plain", "TLS")
    connection = sepp.wait_connection_end(0)
    expect("ALPN, SNI", (connection.alpn, connection.sni), ("h2", sepp.peer.fqdn))
    expect_in("names in the client certificate", gateway.fqdn, connection.client_names)
    expect("requests", [(e.method, e.path) for e in sepp.requests], [("POST", CAPABILITY_PATH)])
    expect("connections", len(sepp.connections), 1)
    expect("the end", (connection.ended_by, connection.goaway, connection.notified),
           ("them", 0, True))
    return words + f" over {connection.version}, one POST"


def ini_02_body_names_us_and_lists_what_we_prefer(w):
    lists = []
    for name, wanted in (("plain", ["PRINS", "TLS"]), ("tls-before-prins", ["TLS", "PRINS"])):
        exchange = w.sepp(name).wait_requests(1)[0]
        body = exchange.json()
        expect("sender", body["sender"], w.initiator.fqdn)
        expect_in("sender", body["sender"], exchange.connection.client_names)
        expect("supportedSecCapabilityList", body["supportedSecCapabilityList"], wanted)
        expect("content-type", exchange.header("content-type"), "application/json")
        authority = exchange.header(":authority").split(":")[0]
        expect(":authority", authority, w.sepp(name).peer.fqdn)
        lists.append("/".join(wanted))
    return f"sender {body['sender']}, " + " and ".join(lists)


def ini_03_selection_that_was_not_offered_is_discarded(w):
    offered = w.sepp("not-offered").wait_requests(1)[0].json()["supportedSecCapabilityList"]
    expect("what was offered", offered, ["TLS"])
    return quarantined(w, "not-offered")


def ini_04_answer_without_selection_is_a_failure(w):
    return quarantined(w, "no-selection")


def ini_05_unknown_selection_is_a_failure_and_ends_the_connection(w):
    return quarantined(w, "unheard-of")


def ini_06_sender_that_the_server_certificate_does_not_name(w):
    return quarantined(w, "foreign-sender")


def ini_07_answer_of_another_media_type_is_a_failure(w):
    return quarantined(w, "plain-text")


def ini_08_refusal_means_no_n32f_an_alarm_and_another_attempt_later(w):
    sepp, gateway = w.sepp("forbidding"), w.initiator
    state = comes_to(gateway, "forbidding", "refused")
    expect("a time of the next attempt", bool(state["next"]), True)
    expect("capability", gateway.partner("forbidding")["capability"], None)
    expect_alarm(gateway, "forbidding")
    sepp.wait_requests(2)
    return f"refused: {state['reason']}, and asked again"


def ini_09_retry_after_is_respected(w):
    sepp = w.sepp("congested")
    first, second = sepp.wait_requests(2, timeout=RETRY_AFTER_S + 5)[:2]
    waited = second.at - first.at
    if waited < RETRY_AFTER_S:
        raise Mismatch(f"expected {RETRY_AFTER_S} s between attempts, got {waited:.2f} s")
    return agrees(w.initiator, "congested", "TLS") + f" after {waited:.1f} s"


def ini_10_too_many_requests_are_tried_again_later(w):
    sepp = w.sepp("too-many")
    first, second = sepp.wait_requests(2, timeout=6)[:2]
    if second.at - first.at < 1:
        raise Mismatch(f"expected 1 s between attempts, got {second.at - first.at:.2f} s")
    return agrees(w.initiator, "too-many", "TLS") + f" after {second.at - first.at:.1f} s"


def moved_to_another_sepp(w):
    """The redirection that is followed."""
    first, second = w.sepp("moved"), w.sepps["moved-sepp2"]
    repeated = second.wait_requests(1)[0]
    connection = repeated.connection
    expect("SNI", connection.sni, second.peer.fqdn)
    expect("the path", (repeated.method, repeated.path), ("POST", CAPABILITY_PATH))
    expect("the body", repeated.json(), first.requests[0].json())
    agrees(w.initiator, "moved", "PRINS")
    return "followed with the SNI of the target"


def ini_11_redirection_is_followed_with_care(w):
    words = moved_to_another_sepp(w)
    comes_to(w.initiator, "misled", "failed_trust")
    impostor = w.sepps["misled-sepp2"]
    impostor.wait_connections(1)
    expect("requests to an impostor", impostor.requests, [])
    circle = w.alone("circle", CIRCLING, retry={"first_s": 300, "cap_s": 300})
    count = turn_in_circles(w, circle)
    return f"{words}, not to an impostor, given up after {count} in a circle"


def turn_in_circles(w, gateway):
    """How many requests a SEPP gets that redirects to itself."""
    sepp = w.sepps["circles"]
    comes_to(gateway, "circles", *STOPPED, timeout=10.0)
    count = len(sepp.requests)
    expect_in("requests", count, range(2, REDIRECTS_MAX + 1))
    return count


def ini_12_lost_connection_is_made_again(w):
    sepp = w.sepp("breaking")
    requests = sepp.wait_requests(3)[:3]
    expect("connections", len({e.connection.index for e in requests}), 3)
    expect("the bodies", [e.json() for e in requests], [requests[0].json()] * 3)
    return agrees(w.initiator, "breaking", "TLS") + " with the third connection"


def ini_13_silence_is_given_up_and_tried_again(w):
    sepp = w.sepp("slow")
    held = sepp.wait_requests(1)[0]
    sepp.wait_requests(2, timeout=RESPONSE_S + 5)
    expect("RST_STREAM", held.cancelled, CANCEL)
    waited = held.cancelled_at - held.at
    if waited < RESPONSE_S * 0.9:
        raise Mismatch(f"expected {RESPONSE_S} s of patience, got {waited:.2f} s")
    return agrees(w.initiator, "slow", "TLS") + f" after CANCEL at {waited:.1f} s"


def ini_14_request_of_a_network_function_without_agreement(_):
    raise NotYet("needs N32-f forwarding")


def ini_15_change_of_our_capabilities_is_negotiated_with_everybody(w):
    gateway = w.alone("changing", CHANGING)
    agrees(gateway, "changing-1", "PRINS")
    agrees(gateway, "changing-2", "TLS")
    gateway.directory.gateway(capabilities=[TLS])
    expect("the reload", gateway.reload()[0], 200)
    for row in CHANGING:
        last = w.sepps[row[0]].wait_requests(2, CAPABILITY_PATH)[-1]
        expect("the new list", last.json()["supportedSecCapabilityList"], ["TLS"])
        agrees(gateway, row[0], "TLS")
    return "both asked anew with TLS alone"


def ini_16_target_api_root_that_the_partner_does_not_support(_):
    raise NotYet("needs N32-f forwarding")
