# SPDX-License-Identifier: MIT
"""Older generations come back, with everything that belongs to them, and the status tells it."""

import http.client
import json
import signal

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST
from lib.gateway import parleyctl
import pki

BROKEN = "local partner = sepp.partner {\n  api = 1,\n  nmae = \"alpha\",\n}\nreturn partner\n"


@pytest.fixture
def alpha(directory):
    return directory.partner("alpha", "001-01", TLS_FIRST + KEEP)


def selected(gateway, peer):
    response = peer.negotiate(gateway, capabilities=["TLS", "PRINS"])
    assert response.status == 200, str(response)
    return response.json()["selectedSecCapability"]


def reloaded(directory, gateway, hooks=PRINS_FIRST + KEEP, **fields):
    """Gives alpha other hooks, and activates them."""
    directory.partner_file("alpha", "001-01", hooks, **fields)
    status, answer = gateway.reload()
    assert status == 200, answer
    return answer["generation"]


def kept(gateway):
    return [item["generation"] for item in gateway.status()["generations"]]


def rolled_back(gateway, generation=None):
    status, answer = gateway.rollback(generation)
    assert (status, answer["ok"]) == (200, True), answer
    return answer["generation"]


# --- what comes back

def test_rollback_brings_the_old_decision_back(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    assert selected(gateway, alpha) == "PRINS"
    assert rolled_back(gateway) == 1
    assert selected(gateway, alpha) == "TLS"


def test_second_rollback_without_a_number_goes_forward_again(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    assert [rolled_back(gateway) for _ in range(4)] == [1, 2, 1, 2]
    assert selected(gateway, alpha) == "PRINS"


def test_rollback_to_a_number_and_reload_after_it(directory, alpha, start):
    gateway = start()
    digests = {1: gateway.status()["digest"]}
    for turn in range(3):
        number = reloaded(directory, gateway, f"-- {turn}\n{PRINS_FIRST}")
        digests[number] = gateway.status()["digest"]
    assert rolled_back(gateway, 2) == 2
    assert gateway.status()["digest"] == digests[2]
    assert reloaded(directory, gateway, TLS_FIRST) == 5
    assert kept(gateway) == [5, 2, 4, 3]


def test_kept_connection_survives_and_is_decided_by_the_old_generation(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    with alpha.connect(gateway) as connection:
        first = connection.negotiate(capabilities=["TLS", "PRINS"])
        assert first.json()["selectedSecCapability"] == "PRINS"
        rolled_back(gateway)
        second = connection.negotiate(capabilities=["TLS", "PRINS"])
        assert second.json()["selectedSecCapability"] == "TLS"


def test_agreement_survives_a_rollback(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    assert selected(gateway, alpha) == "PRINS"
    rolled_back(gateway)
    assert gateway.state("alpha") == "agreed_prins"
    assert selected(gateway, alpha) == "TLS"
    rolled_back(gateway)
    assert gateway.state("alpha") == "agreed_tls"


def test_partner_that_comes_back_has_what_it_had(directory, alpha, start):
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    gateway = start()
    assert selected(gateway, beta) == "TLS"
    directory.remove("partners/beta.lua")
    assert gateway.reload()[0] == 200
    assert "beta" not in gateway.partners()
    rolled_back(gateway)
    assert gateway.partner("beta")["state"] == "agreed_tls"
    assert gateway.partner("beta")["attempts"] == 1
    assert selected(gateway, beta) == "TLS"
    assert gateway.partner("beta")["attempts"] == 2


def test_partner_that_was_added_later_is_gone_and_back(directory, alpha, start):
    gateway = start()
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    assert gateway.reload()[0] == 200
    assert selected(gateway, beta) == "TLS"
    rolled_back(gateway)
    assert "beta" not in gateway.partners()
    assert beta.refusal(gateway) is not None
    rolled_back(gateway)
    assert gateway.state("beta") == "agreed_tls"
    assert selected(gateway, beta) == "TLS"


def test_enabled_is_what_the_old_file_says(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway, TLS_FIRST, enabled=False)
    assert alpha.negotiate(gateway).status == 403
    rolled_back(gateway)
    assert gateway.state("alpha") == "idle"
    assert selected(gateway, alpha) == "TLS"
    rolled_back(gateway)
    assert gateway.state("alpha") == "disabled"


def test_connection_that_the_old_anchors_do_not_vouch_for_is_closed(directory, alpha, start):
    gateway = start()
    fresh = pki.Authority("001-01")
    fresh.write_cert(directory.policies / "anchors/alpha.pem")
    assert gateway.reload()[0] == 200
    renewed = directory.certified("renewed", "001-01", [alpha.fqdn], fresh)
    with renewed.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        rolled_back(gateway)
        assert connection.wait_for_goaway() == 0
        connection.wait_for_end()
    assert renewed.refusal(gateway) == "TLSV1_ALERT_UNKNOWN_CA"
    assert selected(gateway, alpha) == "TLS"


def test_old_certificate_is_presented_again(directory, alpha, start):
    def serial():
        with alpha.wire(gateway) as wire:
            return wire.tls.getpeercert()["serialNumber"]

    gateway = start()
    first = serial()
    directory.renew()
    assert gateway.reload()[0] == 200
    second = serial()
    for _ in range(3):
        rolled_back(gateway)
        assert [serial(), serial()] == [first, first]
        assert selected(gateway, alpha) == "TLS"
        rolled_back(gateway)
        assert [serial(), serial()] == [second, second]


# --- what is refused

def test_nothing_to_roll_back_to(alpha, start):
    status, answer = start().rollback()
    assert (status, answer["ok"]) == (409, False)
    assert "nothing to roll back to" in answer["error"]


def test_generation_in_force_is_refused(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    status, answer = gateway.rollback(2)
    assert status == 409
    assert "generation 2 is already in force; there are 1, 2 (in force)" in answer["error"]


def test_fifth_generation_pushes_the_first_out(directory, alpha, start):
    gateway = start()
    for turn in range(4):
        reloaded(directory, gateway, f"-- {turn}\n{PRINS_FIRST}")
    assert kept(gateway) == [5, 4, 3, 2]
    status, answer = gateway.rollback(1)
    assert status == 409
    assert "no generation 1" in answer["error"]
    assert "2, 3, 4, 5 (in force)" in answer["error"]
    assert gateway.status()["generation"] == 5


@pytest.mark.parametrize("text", ["", "x", "-1", "0", "1x", "%201", "99999999999999999999"])
def test_what_is_no_number_is_refused(alpha, start, text):
    gateway = start()
    status, answer = gateway.rollback(text)
    assert status == 400
    assert "a number from 1 is expected" in answer["error"]


def test_rollback_is_for_the_unix_socket_only(directory, alpha, start):
    directory.gateway(admin={"listen": "127.0.0.1:0"})
    gateway = start()
    reloaded(directory, gateway)
    connection = http.client.HTTPConnection(gateway.ready["admin"], timeout=10)
    connection.request("POST", "/v1/rollback")
    assert connection.getresponse().status == 403
    connection.close()
    assert gateway.status()["generation"] == 2
    assert gateway.admin("GET", "/v1/rollback")[0] == 405


def test_ending_gateway_does_not_roll_back(directory, alpha, start):
    directory.gateway(timeouts={"drain_s": 20})
    gateway = start()
    reloaded(directory, gateway)
    with alpha.connect(gateway) as connection:
        stream = connection.start("POST", "/n32c-handshake/v1/exchange-capability",
                                  [("content-type", "application/json")], end=False)
        assert connection.is_alive()
        gateway.signal(signal.SIGTERM)
        assert connection.wait_for_goaway() == 0
        status, answer = gateway.rollback()
        assert (status, answer["error"]) == (409, "the gateway is ending")
        connection.send_body(stream, alpha.body())
        assert connection.wait(stream).status == 200
    assert gateway.wait() == 0


# --- what is told

def test_status_says_why_a_generation_is_in_force(directory, alpha, start):
    gateway = start()
    assert gateway.status()["why"] == "start"
    reloaded(directory, gateway)
    assert gateway.status()["why"] == "reload"
    gateway.signal(signal.SIGHUP)
    gateway.until(lambda: gateway.status()["generation"] == 3)
    assert gateway.status()["why"] == "SIGHUP"
    rolled_back(gateway, 1)
    assert gateway.status()["why"] == "rollback from 3"
    for why in ("start", "reload", "SIGHUP", "rollback from 3"):
        assert gateway.logs(f"why='{why}'")


def test_status_tells_of_every_kept_generation(directory, alpha, start):
    gateway = start()
    before = gateway.status()
    directory.partner("beta", "262-01", TLS_FIRST)
    assert gateway.reload()[0] == 200
    rolled_back(gateway)
    first, second = gateway.status()["generations"]
    assert (first["generation"], first["in_force"], first["partners"]) == (1, True, 1)
    assert (second["generation"], second["in_force"], second["partners"]) == (2, False, 2)
    assert first["digest"] == before["digest"] != second["digest"]
    assert first["loaded"] == before["activated"] <= second["loaded"]
    assert second["loaded"] <= first["activated"]
    assert first["why"] == "rollback from 2"


def test_last_reload_says_stage_and_directory(directory, alpha, start):
    gateway = start()
    cases = [("partners/alpha.lua", BROKEN, "compiling"),
             ("anchors/alpha.pem", "hello\n", "loading anchors"),
             ("certs/gateway.pem", "hello\n", "loading certificates"),
             ("default.lua", None, "reading")]
    for path, text, stage in cases:
        file = directory.policies / path
        good = file.read_text()
        if text is None:
            file.chmod(0o666)
        else:
            file.write_text(text)
        status, answer = gateway.reload()
        assert (status, answer["stage"]) == (409, stage), answer
        last = gateway.status()["last_reload"]
        assert (last["ok"], last["stage"]) == (False, stage)
        assert last["directory"] == str(directory.policies)
        assert path.split("/", maxsplit=1)[-1] in last["error"]
        file.chmod(0o644)
        file.write_text(good)
    directory.gateway(workers=3)
    assert gateway.reload()[1]["stage"] == "comparing with what runs"
    directory.gateway(workers=2)
    assert gateway.reload()[0] == 200
    assert "stage" not in gateway.status()["last_reload"]


def test_dry_run_is_no_reload(directory, alpha, start):
    gateway = start()
    directory.write("partners/alpha.lua", BROKEN)
    assert gateway.admin("POST", "/v1/reload?dry_run=1")[0] == 409
    assert gateway.status()["last_reload"] is None
    directory.partner_file("alpha", "001-01", PRINS_FIRST)
    status, text = gateway.admin("POST", "/v1/reload?dry_run=1")
    assert (status, json.loads(text)["generation"]) == (200, 1)
    assert gateway.status()["last_reload"] is None
    assert kept(gateway) == [1]


def test_rollback_is_no_reload(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    directory.write("partners/alpha.lua", BROKEN)
    assert gateway.reload()[0] == 409
    rolled_back(gateway)
    assert gateway.status()["last_reload"]["ok"] is False
    assert gateway.status()["rollbacks"] == 1


def test_metrics_tell_of_generations(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    rolled_back(gateway)
    metrics, digest = gateway.metrics(), gateway.status()["digest"]
    assert metrics["parley_generation"] == 1
    assert metrics["parley_rollbacks_total"] == 1
    assert metrics['parley_reloads_total{outcome="ok"}'] == 1
    assert metrics[f'parley_generation_info{{generation="1",digest="{digest}"}}'] == 1
    assert metrics["parley_policy_fallback"] == 0
    assert len([name for name in metrics if name.startswith("parley_generation_info")]) == 1


# --- parleyctl

def ask(gateway, *arguments):
    done = parleyctl("--socket", gateway.socket, *arguments)
    return done.returncode, done.stdout, done.stderr


def test_parleyctl_rolls_back(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    code, said, _ = ask(gateway, "rollback")
    assert (code, "generation 1 is active again" in said) == (0, True)
    code, said, _ = ask(gateway, "rollback", "2")
    assert (code, "generation 2 is active again" in said) == (0, True)
    code, said, _ = ask(gateway, "--json", "rollback", "1")
    assert (code, json.loads(said)["generation"]) == (0, 1)


def test_parleyctl_says_why_it_does_not_roll_back(directory, alpha, start):
    gateway = start()
    code, said, complaint = ask(gateway, "rollback")
    assert (code, said) == (1, "")
    assert "refused, nothing changed: nothing to roll back to" in complaint
    code, said, _ = ask(gateway, "--json", "rollback", "9")
    assert (code, json.loads(said)["ok"]) == (1, False)
    for wrong in (("rollback", "x"), ("rollback", "1", "2"), ("rollback", "--dry-run")):
        assert ask(gateway, *wrong)[0] == 2


def test_parleyctl_status_shows_what_is_kept(directory, alpha, start):
    gateway = start()
    reloaded(directory, gateway)
    rolled_back(gateway)
    directory.write("partners/alpha.lua", BROKEN)
    assert gateway.reload()[0] == 409
    said = ask(gateway, "status")[1]
    assert "generation    1, " in said and ", rollback from 2\n" in said
    assert "kept          2, " in said
    assert f"{directory.policies}, while compiling: partners/alpha.lua:" in said
