# SPDX-License-Identifier: MIT
"""n32f-terminate, from either side."""

from lib.peer import JSON_HEADERS, TERMINATE_PATH, new_id
from parameters import is_id
from world import Mismatch, NotYet, expect, expect_in, granted, refused

NAME = "ending"
NOT_FOUND = "CONTEXT_NOT_FOUND"


def end(w, ident, name=NAME):
    """What n32f-terminate with that id gets."""
    gateway = w.parameters
    return w.peers[name].terminate(gateway, ident)


def ended(response):
    """States that the answer is a 200 with an id.  Returns it in words."""
    if response.status != 200:
        raise Mismatch(f"expected 200, got {response}")
    expect("content-type", response.header("content-type"), "application/json")
    expect("n32fContextId", is_id(response.json().get("n32fContextId")), True)
    return f"200 {response.json()['n32fContextId']}"


def trm_01_context_is_ended_by_its_id(w):
    context = w.establish(NAME)
    words = ended(end(w, context.peer_id))
    expect("the context", w.parameters.context(context), None)
    return words + ", no longer shown"


def trm_02_message_of_an_ended_context_is_rejected(_):
    raise NotYet("needs N32-f forwarding")


def trm_03_unknown_id_is_not_found(w):
    context = w.establish(NAME)
    words = refused(end(w, new_id()), 404, NOT_FOUND)
    expect("the keys of another", w.parameters.context(context)["check"], context.check)
    return words


def trm_04_context_of_another_partner_is_not_found_and_untouched(w):
    w.establish(NAME)
    other = w.establish("other")
    words = refused(end(w, other.peer_id), 404, NOT_FOUND)
    refused(end(w, other.id), 404, NOT_FOUND)
    expect("the keys of the other", w.parameters.context(other)["check"], other.check)
    return words


def trm_05_request_without_id(w):
    w.establish(NAME)
    return refused(end(w, None), 400, "MANDATORY_IE_MISSING", "/n32fContextId")


def trm_06_id_that_is_not_16_hexadecimal_digits(w):
    w.establish(NAME)
    for bad in ("123456789abcdef", "123456789abcdefg", "", 5):
        words = refused(end(w, bad), 400, "MANDATORY_IE_INCORRECT", "/n32fContextId")
    return words


def trm_07_requests_in_flight_finish(_):
    raise NotYet("needs N32-f forwarding")


def trm_08_second_time_is_not_found(w):
    context = w.establish(NAME)
    with w.prins(NAME) as connection:
        ended(connection.terminate(context.peer_id))
        return refused(connection.terminate(context.peer_id), 404, NOT_FOUND)


def trm_09_responder_may_end_what_the_initiator_began(w):
    sepp, gateway = w.sepp("ended-by-them"), w.initiator
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    gateway.until(lambda: gateway.context(context))
    words = ended(sepp.peer.terminate(gateway, context.peer_id))
    expect("the context", gateway.context(context), None)
    return words


def trm_10_get_is_not_allowed(w):
    with w.prins(NAME) as connection:
        response = connection.request("GET", TERMINATE_PATH, headers=JSON_HEADERS)
        expect("allow", response.header("allow"), "POST")
        return refused(response, 405) + ", allow: POST"


def trm_11_context_that_the_peer_does_not_find_is_ended_anyway(w):
    sepp, gateway = w.sepp("unknowing"), w.initiator
    context = sepp.wait_for(lambda: sepp.contexts)[0]
    gateway.until(lambda: gateway.context(context))
    gateway.ctl("terminate", "unknowing")
    exchange = sepp.wait_requests(1, TERMINATE_PATH)[0]
    expect_in("n32fContextId", exchange.json()["n32fContextId"], (context.id, context.peer_id))
    gateway.until(lambda: gateway.context(context) is None)
    expect("the answer", exchange.status, 404)
    return "ended after 404"


def trm_12_partner_with_tls_has_no_context_to_end(w):
    gateway = w.parameters
    granted(w.peers["agreed-tls"].negotiate(gateway, capabilities=["TLS"]), "TLS")
    response = end(w, new_id(), "agreed-tls")
    expect_in("status", response.status, (403, 404))
    expect("capability", gateway.partner("agreed-tls")["capability"], "TLS")
    return refused(response, response.status, NOT_FOUND if response.status == 404 else None)
