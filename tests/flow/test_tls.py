# SPDX-License-Identifier: MIT
"""Who gets through the TLS handshake, and on which terms (TS 33.210 6.2, TS 33.501 13.1.2)."""

import datetime
import ssl

import pytest

from lib.directory import TLS_FIRST, Directory
from lib.frames import frames
from lib.gateway import Gateway
from lib.openssl import Client
from lib.peer import Refused
from lib.wire import Wire
import pki

HOUR = datetime.timedelta(hours=1)
ALPHA, BETA = "001-01", "262-01"


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    """A directory with two partners, and a gateway on it."""
    directory = Directory(tmp_path_factory.mktemp("tls"))
    directory.alpha = directory.partner("alpha", ALPHA, TLS_FIRST)
    directory.beta = directory.partner("beta", BETA, TLS_FIRST)
    directory.partner("twins", "262-06", TLS_FIRST, plmns=["262-06", "262-07"])
    directory.valid = directory.partner("listed", "262-08", TLS_FIRST, crl="anchors/listed-crl.pem")
    directory.revoked = issued(directory, [pki.fqdn("262-08")], "262-08", "revoked")
    pki.authority("262-08").write_crl(directory.policies / "anchors/listed-crl.pem",
                                      directory.revoked.cert)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def directory(scene):
    return scene


@pytest.fixture
def gateway(scene):
    """The gateway, which after the test serves its partner as before."""
    yield scene.running
    assert scene.alpha.negotiate(scene.running).status == 200


@pytest.fixture
def alpha(scene):
    return scene.alpha


def issued(directory, names, plmn=ALPHA, file="another", **profile):
    """A partner with a certificate for `names` from the authority of a PLMN."""
    return directory.certified(file, plmn, names, pki.authority(plmn), **profile)


def test_tls_1_1_is_refused_with_protocol_version(gateway, alpha):
    """TLS-01"""
    with pytest.warns(DeprecationWarning):
        alert = alpha.refusal(gateway, version=ssl.TLSVersion.TLSv1_1, ciphers="ALL:@SECLEVEL=0")
    assert alert == "TLSV1_ALERT_PROTOCOL_VERSION"


@pytest.mark.parametrize("suite", ["ECDHE-ECDSA-AES128-GCM-SHA256",
                                   "ECDHE-ECDSA-AES256-GCM-SHA384"])
def test_tls_1_2_with_an_allowed_suite_is_served(gateway, alpha, suite):
    """TLS-02"""
    with alpha.connect(gateway, version=ssl.TLSVersion.TLSv1_2, ciphers=suite) as connection:
        assert connection.wire.tls.cipher()[:2] == (suite, "TLSv1.2")
        assert connection.negotiate().status == 200


def test_tls_1_3_is_chosen_when_both_can(gateway, alpha):
    """TLS-03"""
    with alpha.connect(gateway) as connection:
        assert connection.wire.tls.version() == "TLSv1.3"
        assert connection.negotiate().status == 200


@pytest.mark.parametrize("suites", ["AES128-GCM-SHA256:AES256-GCM-SHA384:AES128-SHA",
                                    "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA"])
def test_rsa_key_transport_and_cbc_are_refused(gateway, alpha, suites):
    """TLS-04"""
    alert = alpha.refusal(gateway, version=ssl.TLSVersion.TLSv1_2, ciphers=suites)
    assert alert == "SSLV3_ALERT_HANDSHAKE_FAILURE"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_client_without_certificate_is_refused(gateway, alpha, version):
    """TLS-05"""
    alert = alpha.with_certificate(None, None).refusal(gateway, version=version)
    assert alert in ("TLSV13_ALERT_CERTIFICATE_REQUIRED", "SSLV3_ALERT_HANDSHAKE_FAILURE")


def test_certificate_from_an_untrusted_root_is_refused(gateway, directory, alpha):
    """TLS-06"""
    foreign = directory.certified("foreign", ALPHA, [alpha.fqdn], pki.Authority("foreign"))
    assert foreign.refusal(gateway) == "TLSV1_ALERT_UNKNOWN_CA"


def test_untrusted_root_with_the_name_of_a_trusted_one_is_refused(gateway, directory, alpha):
    """TLS-06"""
    impostor = directory.certified("impostor", ALPHA, [alpha.fqdn], pki.Authority(ALPHA))
    assert impostor.refusal(gateway) not in (None, "closed")


def test_certificate_from_the_root_of_another_plmn_is_refused(gateway, directory, alpha):
    """TLS-07"""
    assert issued(directory, [alpha.fqdn], BETA).refusal(gateway) == "TLSV1_ALERT_UNKNOWN_CA"


def test_certificate_for_plmns_of_two_anchors_is_refused(gateway, directory):
    """TLS-08"""
    both = issued(directory, [pki.fqdn(ALPHA), pki.fqdn(BETA)])
    assert both.refusal(gateway) not in (None, "closed")


def test_certificate_for_two_plmns_of_one_anchor_is_accepted(gateway, directory):
    """TLS-09"""
    twins = issued(directory, [pki.fqdn("262-06"), pki.fqdn("262-07")], "262-06")
    plmns = [{"mcc": "262", "mnc": "06"}, {"mcc": "262", "mnc": "07"}]
    assert twins.negotiate(gateway, plmnIdList=plmns).status == 200


def test_expired_certificate_is_refused(gateway, directory, alpha):
    """TLS-10"""
    expired = issued(directory, [alpha.fqdn], not_before=-48 * HOUR, not_after=-HOUR)
    assert expired.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"


def test_certificate_that_is_not_yet_valid_is_refused(gateway, directory, alpha):
    """TLS-10"""
    early = issued(directory, [alpha.fqdn], not_before=HOUR, not_after=48 * HOUR)
    assert early.refusal(gateway) not in (None, "closed")


def test_certificate_for_servers_only_is_refused(gateway, directory, alpha):
    """TLS-11"""
    server = issued(directory, [alpha.fqdn], eku=("server",))
    assert server.refusal(gateway) not in (None, "closed")


@pytest.mark.parametrize("alpn", [(), ("http/1.1",)])
def test_client_that_does_not_speak_h2_is_refused(gateway, alpha, alpn):
    """TLS-14"""
    assert "no application protocol" in alpha.refusal(gateway, alpn=alpn)


def test_no_session_is_resumed(gateway, alpha):
    """TLS-19"""
    with alpha.wire(gateway) as first:
        first.receive()
        session = first.tls.session
    with Wire(gateway.address) as second:
        second.handshake(alpha.context(), gateway.fqdn)
        assert second.tls.session_reused is False
    assert session is None or not session.has_ticket


def test_renegotiation_is_refused(gateway, alpha):
    """TLS-20"""
    with Client(alpha, gateway, "-tls1_2") as client:
        client.until([b"Extended master secret"])
        client.say(b"R\n")
        output = client.until([b"no renegotiation"])
    assert "no renegotiation" in output


def test_revoked_certificate_is_refused(gateway, scene):
    """TLS-21"""
    assert scene.revoked.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_REVOKED"
    assert scene.valid.negotiate(gateway).status == 200


@pytest.mark.parametrize("group", ["prime256v1", "secp384r1"])
def test_groups_of_nist_are_negotiable(gateway, alpha, group):
    """TLS-22"""
    with alpha.connect(gateway, group=group) as connection:
        assert connection.negotiate().status == 200


def test_x25519_is_negotiable(gateway, alpha):
    """TLS-22"""
    with Client(alpha, gateway, "-tls1_3", "-groups", "X25519") as client:
        output = client.until([b"Verify return code"])
    assert "Server Temp Key: X25519" in output


@pytest.mark.parametrize("key_type", ["p256", "p384", "rsa2048"])
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_keys_of_the_profile_are_accepted(gateway, directory, alpha, key_type, version):
    """TLS-23"""
    peer = issued(directory, [alpha.fqdn], key_type=key_type)
    with peer.connect(gateway, version=version) as connection:
        assert connection.negotiate().status == 200


def test_certificate_without_plmn_is_refused(gateway, directory):
    """TLS-24"""
    nameless = issued(directory, ["sepp.example.org"])
    assert nameless.refusal(gateway) not in (None, "closed")


def test_certificate_of_an_unknown_plmn_is_refused(gateway, directory):
    """TLS-24"""
    unknown = issued(directory, [pki.fqdn("310-99")], "310-99")
    assert unknown.refusal(gateway) not in (None, "closed")


def test_subject_alternative_name_need_not_be_critical(gateway, directory, alpha):
    lenient = issued(directory, [alpha.fqdn], critical_san=False)
    assert lenient.negotiate(gateway).status == 200


def test_plain_http_is_not_answered(gateway):
    with Wire(gateway.address) as wire:
        wire.send_plain(b"GET / HTTP/1.1\r\nHost: sepp\r\n\r\n")
        assert b"HTTP" not in wire.receive_plain()


def test_refused_handshake_leaves_no_state(gateway, directory):
    before = gateway.partners()
    unknown = issued(directory, [pki.fqdn("310-98")], "310-98")
    for _ in range(20):
        assert unknown.refusal(gateway) is not None
    gateway.until(gateway.holds_nothing)
    after = gateway.partners()
    assert set(after) == set(before)
    assert [after[name]["state"] for name in after] == [before[name]["state"] for name in after]


def test_gateway_with_an_rsa_certificate_serves(tmp_path):
    directory = Directory(tmp_path, key_type="rsa2048")
    alpha = directory.partner("alpha", ALPHA, TLS_FIRST)
    with Gateway(directory) as gateway:
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            with alpha.connect(gateway, version=version) as connection:
                assert connection.negotiate().status == 200


def test_stranger_gets_an_answer_only_under_a_known_root(gateway, directory, alpha):
    known_root = issued(directory, [pki.fqdn(ALPHA, "stranger")])
    assert known_root.negotiate(gateway).status == 403
    other_root = issued(directory, [alpha.fqdn], BETA)
    with pytest.raises(Refused):
        with frames(other_root, gateway) as connection:
            connection.wait_for_goaway()
