# SPDX-License-Identifier: MIT
"""The scripted SEPP by itself: what it answers, what it records, and the keys that it derives."""

import json
import ssl
import subprocess
import threading
import types

import dnslib
from h2.exceptions import ProtocolError
from OpenSSL.SSL import WantReadError
import pytest

from lib import keys
from lib.dns import DnsServer
from lib.peer import CAPABILITY_PATH, ERROR_PATH, PARAMS_PATH
from lib.sepp import DECENT, SILENT, Sepp
from lib.tls import Settings
from lib.wire import TIMEOUT, Refused
import pki

DATA_ON_STREAM_0 = b"\0\0\1\0\0\0\0\0\0x"
VECTOR_ID = "0123456789abcdef"
VECTORS = {  # n32.md B.5
    "parallel_request_key": "0d50a84ea2496a08d990dc3fbf58f8036342cb3fd28d515295c933d697041d0f",
    "parallel_response_key": "e342aaa74e0b9383501ac58ea856d9ce7785963152f5dfa51061cad75fff73ee",
    "reverse_request_key": "d7ac7de68714c135c598568b57c7a410bf6c62e38842b60b624d24b91b525e60",
    "reverse_response_key": "1fdc2dbce2ada257365629910e6701fd7a303c3215477994f731fc6498273781",
    "parallel_request_iv_salt": "18b4a8842e1f0b24",
    "parallel_response_iv_salt": "7cd8309cf77881fd",
    "reverse_request_iv_salt": "3084200ad31f7994",
    "reverse_response_iv_salt": "9cc429cb3f26280c",
}


@pytest.fixture
def world(directory):
    """A scripted SEPP, and its address as a Peer's gateway; `client` has the gateway's identity."""
    sepp = Sepp()
    server = directory.partner("alpha", "001-01", address=sepp.address)
    sepp.serve(directory.certified("server", "001-01", [server.fqdn], pki.authority("001-01")))
    sepp.peer.trust = directory.trust
    sepp.present()
    client = directory.certified("client", "999-70", [directory.fqdn], directory.home)
    client.trust = directory.policies / "anchors/alpha.pem"
    gateway = types.SimpleNamespace(address=sepp.address, fqdn=server.fqdn)
    yield types.SimpleNamespace(sepp=sepp, client=client, gateway=gateway)
    sepp.stop()


def curl(world, *arguments, path=CAPABILITY_PATH):
    host, port = world.sepp.address.split(":")
    fqdn, client = world.gateway.fqdn, world.client
    return subprocess.run(
        ["curl", "-sS", "--http2", "--max-time", "10", "--resolve", f"{fqdn}:{port}:{host}",
         "--cacert", client.trust, "--cert", client.cert, "--key", client.key,
         "-H", "content-type: application/json", *arguments, f"https://{fqdn}:{port}{path}"],
        capture_output=True, check=False, timeout=20)


def test_curl_gets_the_selection_of_a_decent_sepp(world):
    done = curl(world, "-d", world.client.body(["TLS", "PRINS"]).decode())
    assert json.loads(done.stdout)["selectedSecCapability"] == "PRINS", done.stderr
    request, = world.sepp.requests
    assert request.json()["sender"] == world.client.fqdn
    end = world.sepp.wait_connection_end(0)
    assert (end.sni, end.alpn, end.version) == (world.gateway.fqdn, "h2", "TLSv1.3")
    assert end.client_names == [world.client.fqdn]
    assert (end.ended_by, end.end, end.alert, end.error) == ("them", "fin", None, None)


def test_tls_selected_ends_the_connection_with_goaway(world):
    world.sepp.prefers = ("TLS",)
    with world.client.connect(world.gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS", "TLS"]).status == 200
        assert connection.wait_for_goaway() == 0
        connection.leave()
    end = world.sepp.wait_connection_end(0)
    assert (end.goaway, end.notified, end.ended_by) == (0, True, "them")


def test_client_without_certificate_is_refused_and_recorded(world):
    refusal = world.client.with_certificate(None, None).refusal(world.gateway)
    assert "CERTIFICATE_REQUIRED" in refusal
    ended = world.sepp.wait_connection_end(0)
    assert ended.alert == "PEER_DID_NOT_RETURN_A_CERTIFICATE"
    assert ended.requests == []


def test_client_that_does_not_trust_it_leaves_an_alert(world):
    world.client.trust = world.sepp.peer.trust
    with pytest.raises(Refused):
        world.client.connect(world.gateway)
    ended = world.sepp.wait_for(lambda: world.sepp.connections and world.sepp.connections[0])
    assert "UNKNOWN_CA" in world.sepp.wait_for(lambda: ended.alert)


def test_script_goes_on_with_its_last_handler(world):
    world.sepp.script(lambda e: e.problem(503, "NF_CONGESTION", [("retry-after", "5")]), DECENT)
    with world.client.connect(world.gateway) as connection:
        busy = connection.negotiate()
        assert (busy.status, busy.cause()) == (503, "NF_CONGESTION")
        assert busy.header("retry-after") == "5"
        assert [connection.negotiate(capabilities=["PRINS"]).status for _ in range(2)] == [200, 200]
    assert [e.status for e in world.sepp.requests] == [503, 200, 200]


def test_script_of_a_path_leaves_the_others_alone(world):
    world.sepp.script(lambda e: e.problem(400), path=ERROR_PATH)
    with world.client.connect(world.gateway, exporter=True) as connection:
        connection.establish()
        assert connection.report().status == 400
    assert len(world.sepp.of_path(PARAMS_PATH)) == 1


def test_answer_waits_for_an_event(world):
    event = threading.Event()
    world.sepp.script(lambda e: e.after(event, DECENT))
    with world.client.connect(world.gateway) as connection:
        stream = connection.start("POST", CAPABILITY_PATH, body=world.client.body())
        held, = world.sepp.wait_requests(1)
        assert connection.ping() and held.status is None
        event.set()
        assert connection.wait(stream).status == 200


def test_handler_that_fails_is_told_at_the_end(world):
    world.sepp.script(lambda e: e.problem(e.nonsense), DECENT)
    with world.client.connect(world.gateway) as connection:
        connection.start("POST", CAPABILITY_PATH, body=world.client.body())
        assert connection.negotiate().status == 200
    with pytest.raises(AssertionError, match="AttributeError: .*nonsense"):
        world.sepp.stop()
    world.sepp.failures.clear()


def test_what_a_client_gives_up_is_recorded(world):
    world.sepp.script(SILENT)
    with world.client.connect(world.gateway) as connection:
        stream = connection.start("POST", CAPABILITY_PATH, body=world.client.body())
        held, = world.sepp.wait_requests(1)
        connection.h2.reset_stream(stream, 8)
        assert connection.ping(b"a ping!!")
        assert held.cancelled == 8 and held.cancelled_at >= held.at
        held.reply(200, {})
        assert connection.is_alive()
    assert world.sepp.connections[0].pings == [b"a ping!!", b"01234567"]


def test_stream_and_connection_can_be_broken(world):
    for script, end in ((lambda e: e.abort(), "reset"), (lambda e: e.close(), "fin"),
                        (lambda e: e.close(notify=False), "fin")):
        world.sepp.script(script)
        with world.client.connect(world.gateway) as connection:
            assert connection.negotiate().status is None
            assert connection.wait_for_end() == end
    world.sepp.wait_for(lambda: [c.ended_by for c in world.sepp.connections] == ["us"] * 3)
    world.sepp.script(lambda e: e.reset(7))
    with world.client.connect(world.gateway) as connection:
        assert connection.negotiate().reset == 7


def test_big_half_and_garbled_answers(world):
    with world.client.connect(world.gateway) as connection:
        world.sepp.script(lambda e: e.big())
        assert len(connection.negotiate().body) > 2 << 20
        world.sepp.script(lambda e: e.half(200, b"0123456789"))
        stream = connection.start("POST", CAPABILITY_PATH, body=world.client.body())
        world.sepp.wait_requests(2)
        assert connection.ping()
        half = connection.responses[stream]
        assert (half.status, half.body, half.done) == (200, b"01234", False)
    world.sepp.script(lambda e: e.garbage(DATA_ON_STREAM_0), lambda e: e.garbage(plain=True))
    with pytest.raises(ProtocolError):
        world.client.negotiate(world.gateway)
    with pytest.raises(Refused):
        world.client.negotiate(world.gateway)


def test_goaway_leaves_earlier_streams_alive(world):
    world.sepp.script(lambda e: (e.goaway(0), e.default()))
    with world.client.connect(world.gateway) as connection:
        assert connection.negotiate().status == 200
        assert connection.goaway == 0


def test_ping_of_the_sepp_is_answered(world):
    with world.client.connect(world.gateway) as connection:
        connection.negotiate(capabilities=["PRINS"])
        world.sepp.ping()
        assert connection.ping()


def test_context_keys_agree_with_the_vectors():
    ids = {"initiator": VECTOR_ID, "responder": VECTOR_ID}
    for jwe, length in (("A128GCM", 16), ("A256GCM", 32)):
        derived = keys.derive(bytes(range(64)), ids, jwe)
        wanted = {name: value if "salt" in name else value[:2 * length]
                  for name, value in VECTORS.items()}
        assert {name: value.hex() for name, value in derived.items()} == wanted


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("key_context", ["receiver", "initiator", "responder"])
def test_both_sides_derive_the_same_keys(world, version, key_context):
    world.sepp.key_context = key_context
    with world.client.connect(world.gateway, exporter=True, version=version) as connection:
        mine = connection.establish(["A256GCM"], key_context)
    theirs, = world.sepp.contexts
    assert (mine.id, mine.peer_id, mine.jwe) == (theirs.peer_id, theirs.id, "A256GCM")
    assert mine.check == theirs.check and len(mine.check) == 16
    assert (mine.role, theirs.role) == ("initiator", "responder")


def test_exporter_has_a_context_that_is_there_and_empty(world):
    """In TLS 1.2 an empty context and none give different keys, in TLS 1.3 the same."""
    for version, same in ((ssl.TLSVersion.TLSv1_2, False), (ssl.TLSVersion.TLSv1_3, True)):
        with world.client.connect(world.gateway, exporter=True, version=version) as connection:
            none = connection.wire.tls.session.ssl.export_keying_material(
                b"EXPORTER_3GPP_N32_MASTER", 64)
            assert (connection.export() == none) == same and len(none) == 64


def test_key_context_changes_the_keys():
    ids = {"initiator": "0" * 16, "responder": "f" * 16}
    derived = {which: keys.derive(bytes(64), ids, key_context=which)
               for which in ("receiver", "initiator", "responder")}
    assert derived["receiver"]["parallel_request_key"] == derived["responder"][
        "parallel_request_key"] != derived["initiator"]["parallel_request_key"]
    assert derived["receiver"]["reverse_request_iv_salt"] == derived["initiator"][
        "reverse_request_iv_salt"] != derived["responder"]["reverse_request_iv_salt"]


def test_extended_master_secret_can_be_left_out(world):
    for ems in (True, False):
        world.sepp.present(maximum=ssl.TLSVersion.TLSv1_2, ems=ems)
        with world.client.connect(world.gateway, exporter=True) as connection:
            assert connection.wire.tls.version() == "TLSv1.2"
    said = subprocess.run(
        ["openssl", "s_client", "-connect", world.sepp.address, "-cert", world.client.cert,
         "-key", world.client.key, "-alpn", "h2"], input=b"", capture_output=True, check=False,
        timeout=20).stdout
    assert b"Extended master secret: no" in said
    for ems in (True, False):
        session = Settings(world.client, ems=ems).client("sepp.example.org")
        with pytest.raises(WantReadError):
            session.ssl.do_handshake()
        assert (b"\x00\x17\x00\x00" in session.ciphertext()) == ems


def test_terminate_and_report_are_answered(world):
    mine = world.client.establish(world.gateway)
    assert world.client.report(world.gateway, context=mine.peer_id).status == 204
    answer = world.client.terminate(world.gateway, mine.peer_id)
    assert (answer.status, answer.json()) == (200, {"n32fContextId": mine.id})
    assert world.client.terminate(world.gateway, mine.peer_id).cause() == "CONTEXT_NOT_FOUND"
    assert world.sepp.contexts == []


def test_other_certificate_and_no_alpn_can_be_presented(world, directory):
    other = directory.certified("other", "001-01", [pki.fqdn("001-01", "other")],
                                pki.authority("001-01"))
    world.sepp.present(other)
    with pytest.raises(Refused):
        world.client.connect(world.gateway)
    world.sepp.present(alpn=None)
    with world.client.wire(world.gateway) as wire:
        assert wire.tls.selected_alpn_protocol() is None


def ask_name(server, name, kind, tcp=False):
    """The answer to one question, as (code, texts of the records)."""
    host, port = server.address.split(":")
    said = dnslib.DNSRecord.question(name, kind).send(host, int(port), tcp=tcp, timeout=TIMEOUT)
    answer = dnslib.DNSRecord.parse(said)
    return dnslib.RCODE[answer.header.rcode], [str(item.rdata) for item in answer.rr]


def test_name_server_answers_addresses_and_services():
    with DnsServer() as dns:
        for address in ("127.0.0.1", "127.0.0.2"):
            dns.add("sepp.example.org", "A", address)
        dns.add("_n32._tcp.example.org", "SRV", (1, 2, 7443, "sepp.example.org"))
        for tcp in (False, True):
            assert ask_name(dns, "sepp.example.org", "A", tcp) == ("NOERROR",
                                                                   ["127.0.0.1", "127.0.0.2"])
        assert ask_name(dns, "_n32._tcp.example.org", "SRV") == (
            "NOERROR", ["1 2 7443 sepp.example.org."])
        assert ask_name(dns, "sepp.example.org", "SRV") == ("NOERROR", [])
        assert ask_name(dns, "nobody.example.org", "A") == ("NXDOMAIN", [])
        dns.replace("sepp.example.org", "A", "127.0.0.3")
        assert ask_name(dns, "SEPP.example.org", "A") == ("NOERROR", ["127.0.0.3"])
        assert dns.queries[0] == ("sepp.example.org", "A")
        assert dns.count("sepp.example.org") == 4
