# SPDX-License-Identifier: MIT
"""What expires is told in time: in the log, the metrics, status and check; and who has what."""

import datetime

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST
from lib.gateway import parleyctl
import pki
from pki import DAY

PLMN = "001-01"


def told(gateway, text):
    """The lines of the log that have the text, after all that was logged before now."""
    assert gateway.rollback(99)[0] != 200
    gateway.logs("there is no generation 99")
    return [line for line in gateway.log().splitlines() if text in line]


def expires(gateway, what, name):
    """Days that are left, by the metrics."""
    at = gateway.metrics()[f'parley_expiry_seconds{{what="{what}",name="{name}"}}']
    now = datetime.datetime.now(datetime.timezone.utc).timestamp()
    return (at - now) / DAY.total_seconds()


@pytest.mark.parametrize("days, level, words", [
    (59.5, "warn", "expires in 59 days"), (29.5, "warn", "expires in 29 days"),
    (6.5, "error", "expires in 6 days"), (-0.01, "error", "has expired")])
def test_the_end_of_our_certificate_is_told_once(start, directory, days, level, words):
    directory.renew(not_after=days * DAY)
    gateway = start()
    assert gateway.reload()[0] == 200
    lines = told(gateway, "our certificate")
    assert len(lines) == 1 and lines[0].startswith(f"{level} tls -: our certificate {words}")
    assert lines[0].endswith("file=certs/gateway.pem")
    assert expires(gateway, "certificate", "certs/gateway.pem") == pytest.approx(days, abs=0.1)
    shown = parleyctl("--socket", gateway.socket, "status").stdout
    word = "EXPIRED" if days < 0 else "EXPIRES"
    assert f"{word}       certificate certs/gateway.pem, " in shown


def test_a_renewed_certificate_is_told_again_when_it_comes_near(start, directory):
    directory.renew(not_after=29.5 * DAY)
    gateway = start()
    for days in (300, 20.5, 6.5):
        directory.renew(not_after=days * DAY)
        assert gateway.reload()[0] == 200
    lines = told(gateway, "our certificate")
    assert [line.split(" at=")[0][-7:] for line in lines] == ["29 days", "20 days", " 6 days"]


def test_nothing_is_told_of_what_is_far(start, directory):
    directory.partner("alpha", PLMN, TLS_FIRST, crl="anchors/alpha.crl")
    pki.authority(PLMN).write_crl(directory.policies / "anchors/alpha.crl")
    gateway = start()
    assert not told(gateway, "expire")
    assert "EXPIRE" not in parleyctl("--socket", gateway.socket, "status").stdout
    assert expires(gateway, "crl", "anchors/alpha.crl") == pytest.approx(7, abs=0.1)
    assert expires(gateway, "anchors", "anchors/alpha.pem") == pytest.approx(600, abs=0.1)


def test_lists_and_anchors_are_told_by_their_files(start, directory):
    roots = directory.certified("root", PLMN, ["root.example.org"], directory.home,
                                not_after=20.5 * DAY)
    directory.partner("alpha", PLMN, TLS_FIRST, crl="anchors/alpha.crl")
    first = pki.authority(PLMN).pem().decode()
    directory.write("anchors/alpha.pem", first + roots.cert.read_text())
    pki.authority(PLMN).write_crl(directory.policies / "anchors/alpha.crl",
                                  last_update=-100 * DAY, next_update=3.5 * DAY)
    gateway = start()
    assert told(gateway, "warn tls -: a certificate of the anchors expires in 20 days")
    assert told(gateway, "error tls -: a revocation list expires in 3 days")
    shown = parleyctl("--socket", gateway.socket, "status").stdout
    assert "EXPIRES       anchors anchors/alpha.pem, " in shown
    assert "EXPIRES       crl anchors/alpha.crl, " in shown
    checked = parleyctl("check", directory.policies).stdout
    assert ("partners/alpha.lua:6: warning: a certificate of anchors 'anchors/alpha.pem' "
            "expires in 20 days\n") in checked
    assert "warning: a list of crl 'anchors/alpha.crl' expires in 3 days\n" in checked


def test_a_partners_certificate_is_known_after_a_restart(start, directory, tmp_path):
    directory.partner("alpha", PLMN, TLS_FIRST)
    alpha = directory.certified("alpha", PLMN, [pki.fqdn(PLMN)], pki.authority(PLMN),
                                not_after=20.5 * DAY)
    state = ("--state", str(tmp_path / "state"))
    (tmp_path / "state").mkdir(mode=0o700)
    gateway = start(*state)
    assert gateway.partner("alpha")["certificate"] is None
    assert alpha.negotiate(gateway).status == 200
    before = gateway.partner("alpha")["certificate"]
    assert (before["key"], before["previous_fingerprint"]) == ("EC 256", "")
    assert before["issuer"] == f"CN=N32 CA of {PLMN},O={pki.domain(PLMN)},C=AA"
    assert len(before["fingerprint"]) == 64
    gateway.stop()
    again = start(*state)
    assert again.partner("alpha")["certificate"] == before
    assert expires(again, "partner", "alpha") == pytest.approx(20.5, abs=0.1)
    assert len(told(again, "warn tls alpha: the partner's certificate expires in 20 days")) == 1


def test_another_key_and_issuer_of_a_partner_are_told_and_asked_about(start, directory):
    asked = """function partner.retain_connection(event, peer)
  sepp.note("asked about %s", event.kind)
  return sepp.retain { idle_s = 60 }
end
"""
    first = directory.partner("alpha", PLMN, PRINS_FIRST + asked)
    other = pki.Authority("another CA")
    roots = directory.policies / "anchors/alpha.pem"
    directory.write("anchors/alpha.pem", roots.read_text() + other.pem().decode())
    second = directory.certified("alpha-2", PLMN, [first.fqdn], other, key_type="rsa2048")
    gateway = start()
    with first.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        old = gateway.partner("alpha")["certificate"]
        assert second.negotiate(gateway, capabilities=["PRINS"]).status == 200
        gateway.logs("another certificate new='certificate, kind of key and issuer'")
        gateway.logs("asked about CERTIFICATE_CHANGED")
    new = gateway.command("partners")["partners"][0]["certificate"]
    assert (new["key"], new["previous_fingerprint"]) == ("RSA 2048", old["fingerprint"])
    assert new["issuer"].startswith("CN=N32 CA of another CA")


def test_our_certificate_and_anchors_are_replaced_under_kept_connections(start, directory):
    alpha = directory.partner("alpha", PLMN, PRINS_FIRST + KEEP)
    gateway = start()
    with alpha.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        before = kept.wire.tls.getpeercert()["serialNumber"]
        directory.renew(not_after=200 * DAY)
        roots = directory.policies / "anchors/alpha.pem"
        directory.write("anchors/alpha.pem", pki.Authority("next").pem().decode()
                        + roots.read_text())
        assert gateway.reload()[0] == 200
        with alpha.connect(gateway) as new:
            assert new.wire.tls.getpeercert()["serialNumber"] != before
            assert new.negotiate(capabilities=["PRINS"]).status == 200
        assert kept.is_alive()
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        assert gateway.partner("alpha")["state"] == "agreed_prins"
        directory.write("anchors/alpha.pem", pki.Authority("next").pem().decode())
        assert gateway.reload()[0] == 200
        assert kept.wait_for_goaway() == 0
