# SPDX-License-Identifier: MIT
"""Revocation lists: taken from the disk without a reload, and what they do to connections."""

import datetime

import pytest

from lib.directory import KEEP, PRINS_FIRST, Lua
from lib.gateway import parleyctl
import pki

DAY = datetime.timedelta(days=1)
LIST, PLMN = "anchors/alpha.crl", "001-01"
CHANGED = "revocation list changed"


@pytest.fixture
def alpha(directory):
    """A partner that nobody has revoked."""
    peer = directory.partner("alpha", PLMN, PRINS_FIRST + KEEP, crl=LIST)
    revoke(directory)
    return peer


@pytest.fixture
def other(directory, alpha):
    """The same partner with another certificate."""
    return directory.certified("alpha-2", PLMN, [alpha.fqdn], pki.authority(PLMN))


def revoke(directory, *peers, **times):
    """Writes the partner's list, as one step for whoever reads it."""
    final = directory.policies / LIST
    new = pki.authority(PLMN).write_crl(final.with_suffix(".new"), *[peer.cert for peer in peers],
                                        **times)
    new.rename(final)


def changed(gateway):
    """Waits for the generation with the new list."""
    gateway.until(lambda: gateway.status()["why"] == CHANGED, timeout=10)


def test_a_list_that_changed_is_taken_and_ends_what_was_kept(start, directory, alpha, other):
    gateway = start()
    with alpha.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        revoke(directory, alpha)
        assert kept.wait_for_goaway(timeout=10) == 0
    changed(gateway)
    assert alpha.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_REVOKED"
    assert other.negotiate(gateway, capabilities=["PRINS"]).status == 200
    assert gateway.metrics()["parley_crl_renewals_total"] == 1


def test_a_list_that_changed_leaves_connections_of_others_alone(start, directory, alpha, other):
    gateway = start()
    with alpha.connect(gateway) as kept, other.connect(gateway) as revoked:
        for connection in (kept, revoked):
            assert connection.negotiate(capabilities=["PRINS"]).status == 200
        revoke(directory, other)
        assert revoked.wait_for_goaway(timeout=10) == 0
        assert kept.negotiate(capabilities=["PRINS"]).status == 200


def test_nothing_else_of_the_directory_is_read(start, directory, alpha):
    gateway = start()
    before = gateway.status()
    directory.write("partners/half.lua", "local partner = sepp.par")
    directory.write("default.lua", "return nil")
    revoke(directory, alpha)
    changed(gateway)
    assert gateway.status()["partners"] == before["partners"]
    assert gateway.status()["generation"] == before["generation"] + 1
    assert gateway.reload()[0] == 409


def test_partners_without_that_list_keep_their_connections(start, directory, alpha):
    beta = directory.partner("beta", "262-01", PRINS_FIRST + KEEP)
    gateway = start()
    with beta.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        revoke(directory, alpha)
        changed(gateway)
        assert kept.negotiate(capabilities=["PRINS"]).status == 200


def test_what_can_be_rolled_back_to_stays_when_lists_change(start, directory, alpha):
    gateway = start()
    assert gateway.reload()[0] == 200
    for times in range(1, 6):
        revoke(directory, next_update=times * DAY)
        gateway.until(lambda: gateway.metrics()["parley_crl_renewals_total"] == times, timeout=10)
    numbers = [one["generation"] for one in gateway.status()["generations"]]
    assert numbers == [7, 1]


def test_a_list_on_the_disk_comes_back_after_a_rollback(start, directory, alpha):
    gateway = start()
    revoke(directory, alpha)
    assert gateway.reload()[0] == 200
    assert gateway.rollback()[0] == 200
    changed(gateway)
    assert alpha.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_REVOKED"


@pytest.mark.parametrize("text, mode, words", [
    ("-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n", 0o644, "revocation list number 1"),
    ("", 0o644, "holds no revocation list"),
    ("x", 0o666, "may be written by group or others"),
    (None, 0, "No such file")])
def test_a_broken_list_is_told_once_and_changes_nothing(start, directory, alpha, text, mode, words):
    gateway = start()
    if text is None:
        directory.remove(LIST)
    else:
        directory.write(LIST, text, mode)
    shown = gateway.until(lambda: gateway.status()["revocation_lists"]["error"], timeout=10)
    assert LIST in shown and words in shown
    assert gateway.status()["generation"] == 1
    assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
    assert gateway.metrics()["parley_crl_refused"] == 1
    assert "REFUSED" in parleyctl("--socket", gateway.socket, "status").stdout
    told = [line for line in gateway.log().splitlines() if "revocation list is refused" in line]
    assert len(told) == 1 and told[0].startswith("error") and LIST in told[0]
    revoke(directory, alpha)
    changed(gateway)
    assert gateway.status()["revocation_lists"]["error"] == ""


def test_an_expired_list_refuses_everybody(start, directory, alpha, other):
    revoke(directory, other, last_update=-2 * DAY, next_update=-DAY)
    gateway = start()
    assert alpha.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
    gateway.logs("CRL has expired")


def test_an_expired_list_counts_where_the_file_accepts_it(start, directory, alpha, other):
    directory.partner_file("alpha", PLMN, PRINS_FIRST + KEEP, crl=LIST,
                           expired_crl=Lua("sepp.crl.ACCEPT"))
    revoke(directory, other, last_update=-2 * DAY, next_update=-DAY)
    gateway = start()
    assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
    assert other.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_REVOKED"
    gateway.logs("warn tls alpha: certificate accepted although the revocation list has expired")
    assert gateway.metrics()["parley_connections_under_expired_crl_total"] == 1
