# SPDX-License-Identifier: MIT
"""What freezes or ends a gateway that serves one connection after the other, or trusts too early.

Each test attacks a gateway with a single worker. Meanwhile a polite partner negotiates, and what
was agreed on before is still agreed on.
"""

import socket

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory
from lib.frames import frames
from lib.gateway import Gateway
from lib.waiting import SLOWNESS, elapsed
from lib.wire import Wire, address_of
import pki

PROMPT_S = 1.0
SENDERS = 64
SHARED = "310-41"  # the PLMN whose authority two partners have


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("freezing"), workers=1,
                          timeouts={"handshake_s": 3, "close_s": 1})
    directory.polite = directory.partner("polite", "262-01", TLS_FIRST)
    directory.victim = directory.partner("victim", SHARED, PRINS_FIRST + KEEP)
    directory.rogue = directory.partner("rogue", "310-42", PRINS_FIRST + KEEP, roots=SHARED)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    """The gateway, which is the same process after the test and holds nothing of the attack."""
    gateway = scene.running
    yield gateway
    assert gateway.status()["pid"] == gateway.process.pid
    assert is_served(scene)
    gateway.until(gateway.holds_nothing, 10)


def is_served(scene):
    """Whether the polite partner is, and at once."""
    since = elapsed()
    return (scene.polite.negotiate(scene.running).status == 200
            and since() < PROMPT_S * SLOWNESS)


def test_one_idle_tcp_connection_keeps_nobody_waiting(scene, gateway):
    with socket.create_connection(address_of(gateway.address)):
        gateway.until(lambda: gateway.status()["connections"]["handshaking"] == 1)
        assert is_served(scene)
        assert gateway.status()["connections"]["handshaking"] == 1


def test_half_a_client_hello_keeps_nobody_waiting(scene, gateway):
    with Wire(gateway.address) as wire:
        wire.send_plain(b"\x16\x03\x01\x02\x00\x01\x00")
        gateway.until(lambda: gateway.status()["connections"]["handshaking"] == 1)
        assert is_served(scene)


def test_sixty_four_invented_senders_leave_no_trace(scene, gateway):
    before = gateway.partners()
    with scene.victim.connect(gateway) as connection:
        for number in range(SENDERS):
            answer = connection.negotiate(sender=pki.fqdn(SHARED, f"invented-{number}"))
            assert (answer.status, answer.cause()) == (403, "NEGOTIATION_NOT_ALLOWED")
        assert is_served(scene)
    assert gateway.partners().keys() == before.keys()
    assert gateway.contexts() == []
    assert gateway.state("victim") == before["victim"]["state"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "INVENTED"])
def test_other_methods_are_405_and_the_connection_goes_on(scene, gateway, method):
    with scene.victim.connect(gateway) as connection:
        path = "/n32c-handshake/v1/exchange-capability"
        assert connection.request(method, path).status == 405
        assert is_served(scene)
        assert connection.negotiate(capabilities=["PRINS"]).status == 200


def test_expired_client_certificate_is_an_alert_and_nothing_else(scene, gateway):
    expired = scene.certified("expired", SHARED, [pki.fqdn(SHARED)], pki.authority(SHARED),
                              not_before=-3 * pki.DAY, not_after=-pki.DAY)
    for _ in range(10):
        assert expired.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    assert is_served(scene)


@pytest.fixture
def contexts(scene, gateway):
    """A context of the victim, and one of the rogue, who has everything of his own."""
    both = scene.victim.establish(gateway), scene.rogue.establish(gateway)
    yield both
    assert gateway.context(both[0])
    assert gateway.state("victim") == "established"
    for peer, known in zip((scene.victim, scene.rogue), both):
        assert peer.terminate(gateway, known.peer_id).status == 200
    assert gateway.contexts() == []


@pytest.mark.parametrize("whose", ["peer_id", "id"])
def test_partner_under_the_same_authority_cannot_terminate_somebody_elses(
        scene, gateway, contexts, whose):
    answer = scene.rogue.terminate(gateway, getattr(contexts[0], whose))
    assert (answer.status, answer.cause()) == (404, "CONTEXT_NOT_FOUND")


def test_partner_under_the_same_authority_cannot_report_somebody_elses(scene, gateway, contexts):
    answer = scene.rogue.report(gateway, "CONTEXT_NOT_FOUND", context=contexts[0].peer_id)
    assert (answer.status, answer.cause()) == (404, "CONTEXT_NOT_FOUND")
    assert gateway.context(contexts[0])["reports_in"] == 0
    assert gateway.partner("victim")["reports_in"] == 0


def test_partner_under_the_same_authority_cannot_negotiate_in_its_name(scene, gateway, contexts):
    answer = scene.rogue.negotiate(gateway, sender=scene.victim.fqdn, capabilities=["TLS"])
    assert answer.status == 403


def test_many_requests_whose_answers_nobody_reads_keep_nobody_waiting(scene, gateway):
    with frames(scene.victim, gateway) as connection:
        body = scene.victim.body(["PRINS"])
        for stream in range(1, 100, 2):
            connection.send(*connection.post(stream, body))
        assert is_served(scene)
