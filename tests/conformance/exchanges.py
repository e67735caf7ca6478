# SPDX-License-Identifier: MIT
"""The HTTP side of exchange-capability: methods, paths, media types, sizes, overload."""

from lib.peer import CAPABILITY_PATH, JSON_HEADERS
from world import BODY_BYTES, Mismatch, expect, expect_in, granted, refused


def ask(w, method="POST", path=CAPABILITY_PATH, headers=JSON_HEADERS, body=None):
    """One request of alpha on a connection of its own."""
    with w.connect("alpha") as connection:
        body = w.peer("alpha").body() if body is None else body
        return connection.request(method, path, headers, body)


def cap_31_body_of_another_media_type(w):
    return refused(ask(w, headers=[("content-type", "text/plain")]), 415)


def cap_32_media_type_with_a_parameter(w):
    return granted(ask(w, headers=[("content-type", "application/json; charset=utf-8")]), "TLS")


def cap_33_body_without_media_type(w):
    return refused(ask(w, headers=[]), 415)


def cap_34_body_over_the_limit(w):
    whole = w.peer("alpha").body(x="y" * BODY_BYTES)
    return refused(ask(w, body=whole), 413)


def cap_35_get_is_not_allowed(w):
    response = ask(w, "GET", headers=[], body=b"")
    expect("allow", response.header("allow"), "POST")
    return refused(response, 405) + ", allow: POST"


def cap_36_put_and_delete_are_not_allowed(w):
    refused(ask(w, "DELETE", headers=[], body=b""), 405)
    return refused(ask(w, "PUT"), 405)


def cap_37_unknown_version_of_the_api(w):
    return refused(ask(w, path="/n32c-handshake/v2/exchange-capability"), 400, "INVALID_API")


def cap_38_unknown_operation(w):
    response = ask(w, path="/n32c-handshake/v1/unknown")
    return refused(response, 404, "RESOURCE_URI_STRUCTURE_NOT_FOUND")


def cap_39_path_with_a_slash_at_its_end(w):
    return refused(ask(w, path=CAPABILITY_PATH + "/"), 404)


def cap_40_client_that_only_accepts_html(w):
    response = ask(w, headers=[*JSON_HEADERS, ("accept", "text/html")])
    expect_in("status", response.status, (200, 406))
    return str(response.status)


def cap_67_overload(w):
    gateway = w.busy
    answers = [w.peers["busy"].negotiate(gateway) for _ in range(5)]
    over = [answer for answer in answers if answer.status != 200]
    if not over:
        raise Mismatch("expected 503 NF_CONGESTION, got 200 five times in a row")
    words = refused(over[0], 503, "NF_CONGESTION")
    if not (over[0].header("retry-after") or "").isdigit():
        raise Mismatch(f"expected Retry-After in seconds, got {over[0].headers}")
    return words


def cap_68_limit_of_a_partner(w):
    with w.connect("limited") as connection:
        answers = [connection.negotiate(capabilities=["PRINS"]) for _ in range(4)]
    for answer in answers[:3]:
        granted(answer, "PRINS")
    return refused(answers[3], 429, "NF_CONGESTION_RISK")


def cap_71_every_error_is_problem_json_with_its_own_status(w):
    seen = []
    with w.connect("alpha") as connection:
        for method, path, headers, body in (
                ("POST", CAPABILITY_PATH, JSON_HEADERS, b"{}"),
                ("POST", CAPABILITY_PATH, JSON_HEADERS, b"["),
                ("POST", CAPABILITY_PATH, JSON_HEADERS, w.peer("alpha").body(["FOO"])),
                ("POST", CAPABILITY_PATH, JSON_HEADERS, b" " * (BODY_BYTES + 1)),
                ("POST", CAPABILITY_PATH, [], b"{}"),
                ("PATCH", CAPABILITY_PATH, JSON_HEADERS, b"{}"),
                ("POST", "/n32c-handshake/v3/x", JSON_HEADERS, b"{}"),
                ("POST", "/nope/v1/exchange-capability", JSON_HEADERS, b"{}"),
                ("POST", "/n32c-handshake/v1/", JSON_HEADERS, b"{}")):
            response = connection.request(method, path, headers, body)
            expect_in("status", response.status, range(400, 600))
            refused(response, response.status)
            seen.append(str(response.status))
    return " ".join(seen)
