# SPDX-License-Identifier: MIT
"""A reload changes what is decided next, and nothing else; a broken one changes nothing."""

import signal

import pytest

from lib.directory import KEEP, PRINS, PRINS_FIRST, TLS, TLS_FIRST, select
from lib.frames import data, frames
from lib.peer import Refused
import pki

BROKEN = "local partner = sepp.partner {\n  api = 1,\n  nmae = \"alpha\",\n}\nreturn partner\n"


@pytest.fixture
def alpha(directory):
    return directory.partner("alpha", "001-01", TLS_FIRST + KEEP)


def selected(gateway, peer):
    response = peer.negotiate(gateway, capabilities=["TLS", "PRINS"])
    assert response.status == 200, str(response)
    return response.json()["selectedSecCapability"]


def test_changed_policy_changes_the_outcome(directory, alpha, start):
    gateway = start()
    assert selected(gateway, alpha) == "TLS"
    directory.partner_file("alpha", "001-01", PRINS_FIRST + KEEP)
    assert selected(gateway, alpha) == "TLS"
    status, answer = gateway.reload()
    assert (status, answer["ok"], answer["generation"]) == (200, True, 2)
    assert selected(gateway, alpha) == "PRINS"


def test_reload_changes_generation_and_digest(directory, alpha, start):
    gateway = start()
    before = gateway.status()
    directory.partner_file("alpha", "001-01", PRINS_FIRST)
    assert gateway.reload()[0] == 200
    after = gateway.status()
    assert (before["generation"], after["generation"]) == (1, 2)
    assert before["digest"] != after["digest"]
    assert after["last_reload"]["ok"] is True


def test_reload_of_the_same_files_keeps_the_digest(alpha, start):
    gateway = start()
    before = gateway.status()["digest"]
    assert gateway.reload()[0] == 200
    assert gateway.status()["digest"] == before


def test_broken_edit_is_refused_with_file_and_line(directory, alpha, start):
    gateway = start()
    directory.write("partners/alpha.lua", BROKEN)
    status, answer = gateway.reload()
    assert (status, answer["ok"]) == (409, False)
    assert "partners/alpha.lua:" in answer["error"]
    assert "nmae" in answer["error"]


@pytest.mark.parametrize("text", ["return 1", "function (", "", "error('no')", "while true do end",
                                  "return sepp.partner { api = 1 }"])
def test_old_generation_goes_on_after_a_broken_edit(directory, alpha, start, text):
    gateway = start()
    directory.write("partners/alpha.lua", text)
    assert gateway.reload()[0] == 409
    status = gateway.status()
    assert status["generation"] == 1
    assert status["last_reload"]["ok"] is False
    assert "partners/alpha.lua" in status["last_reload"]["error"]
    assert selected(gateway, alpha) == "TLS"


def test_broken_gateway_file_is_refused(directory, alpha, start):
    gateway = start()
    directory.write("gateway.lua", "return {}")
    status, answer = gateway.reload()
    assert status == 409
    assert "gateway.lua" in answer["error"]
    assert selected(gateway, alpha) == "TLS"


def test_repaired_edit_is_taken(directory, alpha, start):
    gateway = start()
    directory.write("partners/alpha.lua", BROKEN)
    assert gateway.reload()[0] == 409
    directory.partner_file("alpha", "001-01", PRINS_FIRST + KEEP)
    assert gateway.reload()[0] == 200
    assert gateway.status()["last_reload"]["ok"] is True
    assert selected(gateway, alpha) == "PRINS"


def test_sighup_reloads(directory, alpha, start):
    gateway = start()
    directory.partner_file("alpha", "001-01", PRINS_FIRST + KEEP)
    gateway.signal(signal.SIGHUP)
    gateway.until(lambda: gateway.status()["generation"] == 2)
    assert selected(gateway, alpha) == "PRINS"


def test_sighup_on_a_broken_edit_is_reported(directory, alpha, start):
    gateway = start()
    directory.write("partners/alpha.lua", BROKEN)
    gateway.signal(signal.SIGHUP)
    gateway.until(lambda: gateway.status()["last_reload"]["ok"] is False)
    assert "partners/alpha.lua" in gateway.status()["last_reload"]["error"]
    assert gateway.logs("partners/alpha.lua")
    assert selected(gateway, alpha) == "TLS"


def test_kept_connection_survives_a_reload(directory, alpha, start):
    directory.partner("beta", "262-01", PRINS_FIRST + KEEP)
    gateway = start()
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        directory.partner_file("beta", "262-01", TLS_FIRST)
        assert gateway.reload()[0] == 200
        assert connection.is_alive()
        assert connection.negotiate(capabilities=["PRINS"]).status == 200


def test_agreement_survives_a_reload(alpha, start):
    gateway = start()
    assert selected(gateway, alpha) == "TLS"
    assert gateway.reload()[0] == 200
    assert gateway.partner("alpha")["capability"] == "TLS"


def test_kept_connection_is_decided_by_the_new_generation(directory, alpha, start):
    gateway = start()
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        directory.partner_file("alpha", "001-01", select('return sepp.reject("closed")'))
        assert gateway.reload()[0] == 200
        assert connection.negotiate(capabilities=["PRINS"]).status == 403


def test_added_partner_is_served(directory, alpha, start):
    gateway = start()
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    assert beta.refusal(gateway) is not None
    assert gateway.reload()[0] == 200
    assert beta.negotiate(gateway).status == 200
    assert gateway.state("beta") == "agreed_tls"


def test_removed_partner_gets_403(directory, alpha, start):
    beta = directory.partner("beta", "001-01", TLS_FIRST, hosts=["sepp2"],
                             anchors="anchors/alpha.pem")
    gateway = start()
    assert selected(gateway, beta) == "TLS"
    directory.remove("partners/beta.lua")
    assert gateway.reload()[0] == 200
    assert "beta" not in gateway.partners()
    assert beta.negotiate(gateway).status == 403
    assert selected(gateway, alpha) == "TLS"


def test_partner_that_was_removed_and_added_again_begins_anew(directory, alpha, start):
    gateway = start()
    assert selected(gateway, alpha) == "TLS"
    directory.remove("partners/alpha.lua")
    assert gateway.reload()[0] == 200
    directory.partner_file("alpha", "001-01", TLS_FIRST)
    assert gateway.reload()[0] == 200
    assert gateway.state("alpha") == "idle"
    assert gateway.partner("alpha")["attempts"] == 0


def test_removed_partner_with_its_own_anchor_does_not_get_through_tls(directory, alpha, start):
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    gateway = start()
    assert selected(gateway, beta) == "TLS"
    directory.remove("partners/beta.lua")
    assert gateway.reload()[0] == 200
    with pytest.raises(Refused):
        beta.negotiate(gateway)


def test_disabled_partner_gets_403(directory, alpha, start):
    gateway = start()
    assert selected(gateway, alpha) == "TLS"
    directory.partner_file("alpha", "001-01", TLS_FIRST, enabled=False)
    assert gateway.reload()[0] == 200
    assert gateway.state("alpha") == "disabled"
    assert alpha.negotiate(gateway).status == 403


def test_changed_anchor_closes_kept_connections(directory, alpha, start):
    gateway = start()
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        fresh = pki.Authority("001-01")
        fresh.write_cert(directory.policies / "anchors/alpha.pem")
        assert gateway.reload()[0] == 200
        assert connection.wait_for_goaway() == 0
        connection.wait_for_end()
    assert alpha.refusal(gateway) == "TLSV1_ALERT_UNKNOWN_CA"
    renewed = directory.certified("renewed", "001-01", [alpha.fqdn], fresh)
    assert selected(gateway, renewed) == "TLS"


def test_request_under_way_is_refused_when_its_anchor_goes(directory, alpha, start):
    gateway = start()
    body = alpha.body()
    with frames(alpha, gateway) as connection:
        connection.send(connection.headers(1), data(1, body[:10]))
        assert connection.answers_ping()
        pki.Authority("001-01").write_cert(directory.policies / "anchors/alpha.pem")
        assert gateway.reload()[0] == 200
        connection.send(data(1, body[10:], end=True))
        assert connection.wait(1).status in (403, None)
    assert gateway.state("alpha") == "idle"


def test_missing_anchor_file_is_refused(directory, alpha, start):
    gateway = start()
    directory.remove("anchors/alpha.pem")
    status, answer = gateway.reload()
    assert status == 409
    assert "anchors/alpha.pem" in answer["error"]
    assert selected(gateway, alpha) == "TLS"


def test_anchor_file_that_is_no_certificate_is_refused(directory, alpha, start):
    gateway = start()
    directory.write("anchors/alpha.pem", "hello\n")
    assert gateway.reload()[0] == 409
    assert selected(gateway, alpha) == "TLS"


def test_changed_gateway_certificate_is_presented(directory, alpha, start):
    gateway = start()
    with alpha.wire(gateway) as wire:
        before = wire.tls.getpeercert()["serialNumber"]
    directory.renew()
    assert gateway.reload()[0] == 200
    with alpha.wire(gateway) as wire:
        assert wire.tls.getpeercert()["serialNumber"] != before


def test_changed_capabilities_of_the_gateway_are_used(directory, alpha, start):
    gateway = start()
    directory.gateway(capabilities=[PRINS])
    assert gateway.reload()[0] == 200
    assert selected(gateway, alpha) == "PRINS"
    directory.gateway(capabilities=[TLS])
    assert gateway.reload()[0] == 200
    assert selected(gateway, alpha) == "TLS"


def test_many_reloads_under_traffic_lose_no_answer(directory, alpha, start):
    gateway = start()
    with alpha.connect(gateway) as connection:
        for turn in range(20):
            hooks = (PRINS_FIRST if turn % 2 else TLS_FIRST) + KEEP
            directory.partner_file("alpha", "001-01", hooks)
            stream = connection.start("POST", "/n32c-handshake/v1/exchange-capability",
                                      [("content-type", "application/json")],
                                      alpha.body(["PRINS"]))
            assert gateway.reload()[0] == 200
            assert connection.wait(stream).status == 200
    assert gateway.status()["generation"] == 21
