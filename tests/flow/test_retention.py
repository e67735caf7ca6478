# SPDX-License-Identifier: MIT
"""When retain_connection is asked, by the journal of decisions, and what its answer does."""

import json
import socket
import ssl
import struct

import pytest

from lib.directory import FOLLOW_THE_INITIATOR, suites
from lib.frames import frames
from lib.gateway import parleyctl
from lib.peer import ERROR_PATH
from lib.waiting import SLOWNESS, Deadline, elapsed
from lib.wire import TimedOut
import pki

KEEP = "sepp.retain { idle_s = 60 }"
RELEASE = 'sepp.release("as said")'
SHORT = "sepp.retain { idle_s = 1 }"
RESET = (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
NONE_LEFT = {"open": 0, "handshaking": 0, "closing": 0}


def on(default=KEEP, **events):
    """The hooks of a partner: retain_connection answers the named events with expressions."""
    lines = "".join(f"  if event.kind == sepp.event.{kind} then\n    return {answer}\n  end\n"
                    for kind, answer in events.items())
    return (FOLLOW_THE_INITIATOR + suites()
            + f"function partner.retain_connection(event, peer)\n{lines}  return {default}\nend\n")


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def recorded(start, state, directory):
    """Starts a gateway with one worker that records decisions."""
    def begin(**settings):
        directory.gateway(workers=1, **settings)
        return start("--state", str(state))

    return begin


def asked(state, *kinds):
    """(event, outcome) of each time that retain_connection was asked; of these events, or all."""
    path = state / "decisions.jsonl"
    text = path.read_text() if path.exists() else ""
    records = map(json.loads, text.rpartition("\n")[0].splitlines())  # a line may be under way
    events = [(record["input"]["event"]["kind"], record["outcome"]) for record in records
              if record["hook"] == "retain_connection"]
    return [event for event in events if not kinds or event[0] in kinds]


def comes_to(gateway, state, wanted, *kinds):
    """Waits until exactly that was asked and done, in this order."""
    try:
        gateway.until(lambda: asked(state, *kinds) == wanted)
    except TimedOut as late:
        raise AssertionError(f"asked: {asked(state, *kinds)}") from late


def assert_graceful(connection, timeout=5.0):
    """GOAWAY 0, close_notify, FIN."""
    assert connection.wait_for_goaway(timeout) == 0
    assert connection.wait_for_end() == "fin"
    assert connection.wire.notified


def use(connection, seconds):
    """Uses a connection until it gets GOAWAY.  Returns the code, or None if the time is over."""
    deadline = Deadline(seconds)
    while not deadline.passed():
        connection.params()
        try:
            return connection.wait_for_goaway(0.1 / SLOWNESS)
        except TimedOut:
            pass
    return None


def prins(peer, gateway, **tls):
    """A connection on which PRINS was agreed, and that is kept."""
    return peer.connect(gateway, exporter=True, **tls).agree_prins()


# NEGOTIATED

def test_negotiated_is_asked_once_for_each_connection_and_of_prins_only(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on())
    gateway = recorded()
    assert alpha.negotiate(gateway, capabilities=["TLS"]).status == 200
    assert asked(state) == []
    with prins(alpha, gateway) as first, prins(alpha, gateway) as second:
        assert first.agree_prins().params().status == second.params().status == 200
        comes_to(gateway, state, [("NEGOTIATED", "kept")] * 2)


def test_initiator_asks_negotiated_when_there_is_a_context(scripted, recorded, state):
    sepp = scripted("alpha", "001-01", on())
    gateway = recorded()
    gateway.until(lambda: gateway.state("alpha") == "established")
    comes_to(gateway, state, [("NEGOTIATED", "kept")])
    assert [request.connection.index for request in sepp.requests] == [0, 0]
    assert sepp.connections[0].end is None


def test_released_connection_ends_gracefully_and_the_agreement_stays(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on(NEGOTIATED=RELEASE))
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        assert_graceful(connection)
    comes_to(gateway, state, [("NEGOTIATED", "released")])
    assert gateway.state("alpha") == "agreed_prins"


def test_initiator_ends_a_released_connection_gracefully(scripted, recorded, state):
    sepp = scripted("alpha", "001-01", on(NEGOTIATED=RELEASE))
    gateway = recorded()
    ended = sepp.wait_connection_end(0)
    assert (ended.goaway, ended.notified, ended.end, ended.ended_by) == (0, True, "fin", "them")
    comes_to(gateway, state, [("NEGOTIATED", "released")])
    gateway.until(lambda: gateway.state("alpha") == "established")


# IDLE, MAX_AGE, PING

def test_idle_is_asked_each_time_that_idle_s_are_over(directory, recorded, state):
    idle = f"event.age_s < 2 and {SHORT} or {RELEASE}"
    alpha = directory.partner("alpha", "001-01", on(SHORT, IDLE=idle))
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        since = elapsed()
        assert_graceful(connection)
        assert 1.9 < since() < 4
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("IDLE", "kept"), ("IDLE", "released")])


def test_use_puts_off_idle_and_what_we_end_is_not_lost(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on(SHORT, IDLE=RELEASE))
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        assert use(connection, 1.5) is None
        comes_to(gateway, state, [("NEGOTIATED", "kept")])
        assert_graceful(connection)
    gateway.until(lambda: gateway.status()["connections"] == NONE_LEFT)
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("IDLE", "released")])


def test_max_age_is_asked_of_a_connection_that_is_in_use(directory, recorded, state):
    terms = "sepp.retain { idle_s = 60, max_age_s = 1 }"
    maximum = f"event.age_s < 2 and {terms} or {RELEASE}"
    alpha = directory.partner("alpha", "001-01", on(terms, MAX_AGE=maximum))
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        since = elapsed()
        assert use(connection, 5) == 0
        assert 1.9 < since() < 4
    comes_to(gateway, state,
             [("NEGOTIATED", "kept"), ("MAX_AGE", "kept"), ("MAX_AGE", "released")])


def test_ping_keeps_a_connection_alive_and_is_no_use_of_it(scripted, recorded, state):
    sepp = scripted("alpha", "001-01", on("sepp.retain { idle_s = 3, ping_s = 1 }", IDLE=RELEASE))
    gateway = recorded()
    connection = sepp.wait_connection_end(0, timeout=8)
    assert len(connection.pings) == 2
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("IDLE", "released")])


def test_peer_that_answers_no_ping_is_lost(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01",
                              on("sepp.retain { idle_s = 60, ping_s = 1 }", LOST=RELEASE))
    gateway = recorded()
    with frames(alpha, gateway) as connection:
        connection.send(*connection.post(1, alpha.body(["PRINS"])))
        assert connection.wait(1).status == 200
        since = elapsed()
        connection.wait_for_end()
        assert 1.9 < since() < 4
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("LOST", "let go")])
    assert gateway.logs("no answer to PING")


# LOST

def lose(connection, how):
    """Ends a connection from the peer's side."""
    if how == "politely":
        connection.leave()
    else:
        connection.wire.sock.setsockopt(*RESET)
        connection.wire.close()


@pytest.mark.parametrize("how", ["politely", "reset"])
def test_lost_connection_that_is_retained_is_opened_again(scripted, recorded, state, how):
    sepp = scripted("alpha", "001-01", on(), initiate=False)
    gateway = recorded()
    lose(prins(sepp.peer, gateway), how)
    again, = sepp.wait_connections(1)
    sepp.wait_for(lambda: again.secure)
    assert again.sni == sepp.peer.fqdn
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("LOST", "opened again"),
                              ("NEGOTIATED", "kept")])
    assert (sepp.requests, gateway.partner("alpha")["connections"]) == ([], 1)


@pytest.mark.parametrize("how", ["politely", "reset"])
def test_lost_connection_that_is_released_is_not_opened_again(scripted, recorded, state, how):
    sepp = scripted("alpha", "001-01", on(LOST=RELEASE), initiate=False)
    gateway = recorded()
    lose(prins(sepp.peer, gateway), how)
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("LOST", "let go")])
    gateway.until(lambda: gateway.status()["connections"] == NONE_LEFT)
    assert (sepp.connections, gateway.state("alpha")) == ([], "agreed_prins")


def test_initiator_opens_a_lost_connection_again_without_negotiating(scripted, recorded, state):
    sepp = scripted("alpha", "001-01", on())
    gateway = recorded()
    gateway.until(lambda: gateway.state("alpha") == "established")
    comes_to(gateway, state, [("NEGOTIATED", "kept")])
    sepp.requests[-1].close()
    again = sepp.wait_connections(2)[1]
    comes_to(gateway, state, [("NEGOTIATED", "kept"), ("LOST", "opened again"),
                              ("NEGOTIATED", "kept")])
    assert (again.sni, again.requests, len(sepp.contexts)) == (sepp.peer.fqdn, [], 1)
    assert gateway.state("alpha") == "established"


# LIMIT

def test_limit_ends_the_connection_that_the_policy_releases(directory, recorded, state):
    old_tls = f'peer.tls.version == "TLSv1.2" and {RELEASE} or {KEEP}'
    alpha = directory.partner("alpha", "001-01", on(LIMIT=old_tls, LOST=RELEASE),
                              limits={"handshakes_per_minute": 0, "connections": 3})
    gateway = recorded()
    with prins(alpha, gateway) as first, \
            prins(alpha, gateway, version=ssl.TLSVersion.TLSv1_2) as second, \
            prins(alpha, gateway) as third, alpha.connect(gateway) as newcomer:
        assert newcomer.negotiate(capabilities=["PRINS"]).status == 200
        assert_graceful(second)
        assert first.is_alive() and third.is_alive() and newcomer.is_alive()
        comes_to(gateway, state, [("LIMIT", "kept"), ("LIMIT", "released")], "LIMIT")


def test_limit_turns_away_who_comes_when_all_are_retained(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on(),
                              limits={"handshakes_per_minute": 0, "connections": 1})
    gateway = recorded()
    with prins(alpha, gateway) as first, alpha.connect(gateway) as newcomer:
        assert newcomer.wait_for_goaway() not in (None, 0)
        assert first.is_alive()
        comes_to(gateway, state, [("LIMIT", "kept")] * 2, "LIMIT")


# CERTIFICATE_CHANGED, POLICY_CHANGED, ERRORS

def test_connection_of_the_former_certificate_is_asked_about(directory, recorded, state):
    former = ("peer.history.previous_fingerprint == peer.certificate.fingerprint"
              f" and {RELEASE} or {KEEP}")
    alpha = directory.partner("alpha", "001-01", on(CERTIFICATE_CHANGED=former))
    gateway = recorded()
    with prins(alpha, gateway) as first:
        renewed = directory.certified("renewed", "001-01", [alpha.fqdn], pki.authority("001-01"))
        with prins(renewed, gateway) as second:
            assert_graceful(first)
            assert second.is_alive()
            gateway.until(lambda: ("CERTIFICATE_CHANGED", "released") in asked(state))
            assert asked(state).count(("CERTIFICATE_CHANGED", "released")) == 1
            assert prins(renewed, gateway).is_alive()
    assert asked(state, "CERTIFICATE_CHANGED").count(("CERTIFICATE_CHANGED", "released")) == 1


def test_reload_says_what_it_would_release_and_with_apply_does_so(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on())
    gateway = recorded()
    with prins(alpha, gateway) as first, prins(alpha, gateway) as second:
        directory.partner_file("alpha", "001-01", on(POLICY_CHANGED=RELEASE))
        answer = gateway.command("reload")["connections"]
        assert answer == {"complete": True, "applied": False, "kept": 2, "released": 2}
        comes_to(gateway, state, [("POLICY_CHANGED", "would be released")] * 2, "POLICY_CHANGED")
        assert first.is_alive() and second.is_alive()
        said = parleyctl("--socket", gateway.socket, "reload").stdout
        assert "2 of 2 kept connections are not wanted by its policies; reload --apply" in said
        said = parleyctl("--socket", gateway.socket, "reload", "--apply").stdout
        assert "2 of 2 kept connections are not wanted by its policies and were ended\n" in said
        assert_graceful(first)
        assert_graceful(second)
        comes_to(gateway, state, [("POLICY_CHANGED", "would be released")] * 4
                 + [("POLICY_CHANGED", "released")] * 2, "POLICY_CHANGED")


def test_reload_with_a_policy_that_retains_ends_nothing(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on())
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        for options, outcome in (((), "would be kept"), (("--apply",), "kept")):
            answer = gateway.command("reload", *options)["connections"]
            assert answer == {"complete": True, "applied": "--apply" in options,
                              "kept": 1, "released": 0}
            gateway.until(lambda: asked(state)[-1] == ("POLICY_CHANGED", outcome))
            assert connection.is_alive()
        assert len(asked(state, "POLICY_CHANGED")) == 2


def test_reload_counts_a_connection_that_is_too_old_for_the_new_terms(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", on())
    gateway = recorded()
    with prins(alpha, gateway) as connection:
        directory.partner_file("alpha", "001-01", on("sepp.retain { idle_s = 60, max_age_s = 1 }"))
        assert use(connection, 1.1) is None
        for options, outcome in (((), "would be released"), (("--apply",), "released")):
            answer = gateway.command("reload", *options)["connections"]
            assert answer == {"complete": True, "applied": "--apply" in options,
                              "kept": 1, "released": 1}
            gateway.until(lambda: asked(state)[-1] == ("POLICY_CHANGED", outcome))
        assert_graceful(connection)


def test_errors_is_asked_after_every_tenth_report_about_a_context(directory, recorded, state):
    errors = f"peer.history.errors_in < 20 and {KEEP} or {RELEASE}"
    alpha = directory.partner("alpha", "001-01", on(ERRORS=errors),
                              limits={"handshakes_per_minute": 0, "reports_per_minute": 0})
    gateway = recorded()
    with alpha.connect(gateway, exporter=True) as connection:
        context = connection.establish()
        for count in range(1, 21):
            assert connection.report(context=context.peer_id).status == 204
            if count in (9, 19):
                assert len(asked(state, "ERRORS")) == count // 10
            elif count == 10:
                comes_to(gateway, state, [("ERRORS", "kept")], "ERRORS")
        assert_graceful(connection)
    comes_to(gateway, state, [("ERRORS", "kept"), ("ERRORS", "released")], "ERRORS")


# open_reverse

def test_open_reverse_opens_one_connection_that_negotiates_nothing(scripted, recorded, state):
    reverse = "sepp.retain { idle_s = 60, open_reverse = true }"
    sepp = scripted("alpha", "001-01", on(NEGOTIATED=reverse), initiate=False)
    gateway = recorded()
    with sepp.peer.connect(gateway, exporter=True) as first, prins(sepp.peer, gateway):
        context = first.establish()
        own, = sepp.wait_connections(1)
        sepp.wait_for(lambda: own.secure)
        assert (own.sni, own.alpn) == (sepp.peer.fqdn, "h2")
        comes_to(gateway, state, [("NEGOTIATED", "kept")] * 3)
        gateway.command("report", "alpha", "--type", "DECIPHERING_FAILED", "--message", "1")
        report, = sepp.wait_requests(1)
        assert (report.path, report.connection) == (ERROR_PATH, own)
        assert len(sepp.connections) == 1 and gateway.context(context)
