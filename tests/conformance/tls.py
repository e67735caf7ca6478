# SPDX-License-Identifier: MIT
"""Who gets through the TLS handshake, and on which terms (TS 33.210 6.2, TS 33.501 13.1.2)."""

import datetime
import re
import ssl
import warnings

from lib.frames import PREFACE
from lib.openssl import Client, Server
from lib.wire import Wire
import pki
from world import TLS_PARTNERS, Mismatch, NotYet, expect, expect_in, granted

HOUR = datetime.timedelta(hours=1)
ALPHA, BETA = "001-01", "262-01"
TLS_1_2, TLS_1_3 = ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3
SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
GROUPS = {"P-256": "prime256v1", "P-384": "secp384r1", "X25519": "X25519"}


def peer(w, name="alpha"):
    return w.tls and w.peers[f"tls-{name}"]


def made(w, names=(pki.fqdn(ALPHA),), plmn=ALPHA, **profile):
    """A partner with a new certificate, after the gateway has started."""
    return w.tls and w.tls_peer(list(names), plmn, **profile)


def attempts(w):
    """How often each partner that connects was negotiated with."""
    known = w.tls.partners()
    return {row[0]: known[row[0]]["attempts"] for row in TLS_PARTNERS}


def turned_away(w, client, *alerts, **tls):
    """States that a handshake fails, with one of the alerts if any are named.  Returns it."""
    before = attempts(w)
    alert = client.refusal(w.tls, **tls)
    if alert in (None, "closed"):
        raise Mismatch(f"expected an alert, got {alert or 'a connection'}")
    if alerts:
        expect_in("the alert", alert, alerts)
    expect("negotiations", attempts(w), before)
    return alert


def served(w, client, capability="TLS", **tls):
    """States that a negotiation on such a connection gets a 200.  Returns version and suite."""
    with client.connect(w.tls, **tls) as connection:
        granted(connection.negotiate(), capability)
        name, version, _ = connection.wire.tls.cipher()
        return f"{connection.wire.tls.version() or version} {name}"


def tls_01_client_that_offers_tls_1_1_only_is_refused(w):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return turned_away(w, peer(w), "TLSV1_ALERT_PROTOCOL_VERSION",
                           version=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0")


def tls_02_tls_1_2_with_an_allowed_suite_is_served(w):
    words = served(w, peer(w), version=TLS_1_2, ciphers=SUITE)
    expect("version and suite", words, f"TLSv1.2 {SUITE}")
    return words


def tls_03_tls_1_3_is_chosen_when_both_can(w):
    words = served(w, peer(w))
    expect("the version", words.split()[0], "TLSv1.3")
    return words


def tls_04_rsa_key_transport_and_cbc_are_refused(w):
    for suites in ("AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA",
                   "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"):
        words = turned_away(w, peer(w), "SSLV3_ALERT_HANDSHAKE_FAILURE", version=TLS_1_2,
                            ciphers=suites)
    return words


def tls_05_client_without_certificate_is_refused(w):
    nobody = peer(w).with_certificate(None, None)
    return ", ".join(turned_away(w, nobody, "TLSV13_ALERT_CERTIFICATE_REQUIRED",
                                 "SSLV3_ALERT_HANDSHAKE_FAILURE", version=version)
                     for version in (TLS_1_2, TLS_1_3))


def tls_06_certificate_of_an_untrusted_root_is_refused(w):
    return turned_away(w, made(w, root=pki.Authority("foreign")), "TLSV1_ALERT_UNKNOWN_CA")


def tls_07_certificate_of_the_root_of_another_plmn_is_refused(w):
    return turned_away(w, made(w, root=pki.authority(BETA)), "TLSV1_ALERT_UNKNOWN_CA")


def tls_08_certificate_for_plmns_of_two_anchors_is_refused(w):
    return turned_away(w, made(w, [pki.fqdn(ALPHA), pki.fqdn(BETA)]))


def tls_09_certificate_for_two_plmns_of_one_anchor_is_accepted(w):
    twins = made(w, [pki.fqdn("262-06"), pki.fqdn("262-07")], "262-06")
    plmns = [{"mcc": "262", "mnc": "06"}, {"mcc": "262", "mnc": "07"}]
    return granted(twins.negotiate(w.tls, plmnIdList=plmns), "TLS")


def tls_10_certificate_outside_its_validity_is_refused(w):
    expired = turned_away(w, made(w, not_before=-48 * HOUR, not_after=-HOUR),
                          "SSLV3_ALERT_CERTIFICATE_EXPIRED")
    return f"{expired}, {turned_away(w, made(w, not_before=HOUR, not_after=48 * HOUR))}"


def tls_11_client_certificate_for_servers_only_is_refused(w):
    return turned_away(w, made(w, eku=("server",)))


def tls_12_server_that_has_not_the_dialled_name_is_left(w):
    gateway, sepp = w.tls, w.sepps["misnamed"]
    sepp.wait_connection_end(0)
    state = gateway.until(lambda: gateway.partner("misnamed")["out"]["reason"]
                          and gateway.partner("misnamed")["out"])
    expect("requests", sepp.requests, [])
    expect("capability", gateway.partner("misnamed")["capability"], None)
    return f"{state['state']}: {state['reason']}"


def tls_13_client_hello_has_sni_and_alpn_h2(w):
    sepp = w.tls and w.sepps["called"]
    sepp.wait_requests(1)
    connection = sepp.connections[0]
    expect("SNI, ALPN", (connection.sni, connection.alpn), (sepp.peer.fqdn, "h2"))
    return f"{connection.sni}, {connection.alpn}"


def tls_14_peer_without_alpn_h2_is_refused(w):
    for alpn in ((), ("http/1.1",)):
        words = turned_away(w, peer(w), alpn=alpn)
        expect(f"no_application_protocol in '{words}'", "no application protocol" in words, True)
    return "alert no_application_protocol"


def of_n32f(w):
    raise NotYet("needs N32-f")


def tls_15_n32f_certificate_with_a_plmn_more_is_refused(w):
    of_n32f(w)


def tls_16_n32f_certificate_with_fewer_plmns_is_accepted(w):
    of_n32f(w)


def tls_17_n32f_certificate_of_another_peer_is_refused(w):
    of_n32f(w)


def tls_18_snpn_of_n32f_has_to_be_that_of_n32c(w):
    of_n32f(w)


def early_data(w):
    """What becomes of early data under a session that another server with our certificate gave."""
    session, request = w.tls_directory.root / "session", w.tls_directory.root / "request"
    request.write_bytes(PREFACE)
    with Server(w.tls_directory, "-tls1_3", "-early_data") as server:
        with Client(peer(w), w.tls, "-tls1_3", "-sess_out", session,
                    address=server.address):
            w.tls.until(lambda: session.exists() and b"-----END" in session.read_bytes())
    with Client(peer(w), w.tls, "-tls1_3", "-sess_in", session, "-early_data", request) as client:
        output = client.until([b"Early data was", b"error"])
    found = re.search(r"Early data was .*", output)
    return found[0] if found else output


def tls_19_early_data_and_resumption_are_not_accepted(w):
    with peer(w).wire(w.tls) as first:
        first.receive()
        session = first.tls.session
    if session is not None and session.has_ticket:
        raise Mismatch("expected no session ticket, got one")
    with Wire(w.tls.address) as second:
        second.handshake(peer(w).context(), w.tls.fqdn)
        expect("resumption", second.tls.session_reused, False)
    expect("early data", early_data(w), "Early data was rejected")
    return "no ticket, not resumed, early data rejected"


def tls_20_renegotiation_is_refused(w):
    with Client(peer(w), w.tls, "-tls1_2") as client:
        client.until([b"Extended master secret"])
        client.say(b"R\n")
        output = client.until([b"no renegotiation"])
    expect("an alert about it", "no renegotiation" in output, True)
    return "alert no_renegotiation"


def tls_21_revoked_certificate_is_refused(w):
    words = turned_away(w, peer(w, "revoked"), "SSLV3_ALERT_CERTIFICATE_REVOKED")
    granted(peer(w, "listed").negotiate(w.tls), "TLS")
    return words


def tls_22_all_groups_of_the_profile_are_negotiable(w):
    for group, name in GROUPS.items():
        with Client(peer(w), w.tls, "-tls1_3", "-groups", group) as client:
            output = client.until([b"Verify return code"])
        expect(f"{group} in the key exchange",
               any(f"Temp Key: {kind}{name}" in output for kind in ("", "ECDH, ")), True)
    return ", ".join(GROUPS)


def tls_23_ecdsa_and_rsa_certificates_are_accepted(w):
    for key_type in ("p256", "rsa2048"):
        client = made(w, key_type=key_type)
        for version in (TLS_1_2, TLS_1_3):
            served(w, client, version=version)
    return "P-256 and RSA 2048 in TLS 1.2 and 1.3"


def tls_24_certificate_without_a_plmn_is_refused(w):
    return turned_away(w, made(w, ["sepp.example.org"]))
