# SPDX-License-Identifier: MIT
"""What the admin API, the metrics and the log say of partners, and who is a partner at all."""

import json
import os
import re
import socket

import pytest

from lib.directory import KEEP, LET_GO, PRINS_FIRST, TLS, TLS_FIRST, Directory, select
from lib.gateway import Gateway
import pki


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("partners"), timeouts={"close_s": 1})
    directory.peers = {
        name: directory.partner(name, plmn, hooks, **fields) for name, plmn, hooks, fields in (
            ("quiet", "262-01", TLS_FIRST, {}),
            ("speaks-tls", "262-02", TLS_FIRST, {}),
            ("speaks-prins", "262-03", PRINS_FIRST + KEEP, {}),
            ("lets-go", "262-04", PRINS_FIRST + LET_GO, {}),
            ("refused", "262-05", TLS_FIRST, {}),
            ("disabled", "262-06", TLS_FIRST, {"enabled": False}),
            ("first", "262-10", TLS_FIRST, {"hosts": ["sepp1"]}),
            ("second", "262-10", PRINS_FIRST + KEEP, {"hosts": ["sepp2"],
                                                         "anchors": "anchors/first.pem"}),
            ("few", "262-11", PRINS_FIRST + KEEP, {"limits": {"connections": 2}}),
            ("verbose", "262-12", select('return sepp.reject("the reason")'),
             {"verbose_errors": True}),
            ("terse", "262-13", select('return sepp.reject("the reason")'), {}),
            ("deferred", "262-14", select('return sepp.defer(5, "later")'), {}),
            ("follower", "262-15", "", {"follows": "rules"}),
            ("defaulted", "262-16", "", {}),
        )}
    directory.write("shared/rules.lua", """local policy = sepp.policy { api = 1, name = "rules" }

function policy.select_capability(request, peer)
  return sepp.select(sepp.TLS)
end

return policy
""")
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    return scene.running


@pytest.fixture
def peers(scene):
    return scene.peers


def test_none_without_an_agreement_is_a_failure_that_the_operator_sees(directory, start):
    peer = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = start()
    assert peer.negotiate(gateway, capabilities=["NONE"]).status == 403
    assert gateway.partner("alpha")["last_failure_reason"] == "nothing that NONE could end"
    gateway.logs("sepp alpha: negotiation refused reason='nothing that NONE could end'")


def test_partner_that_never_called_is_idle(gateway):
    quiet = gateway.partner("quiet")
    assert (quiet["state"], quiet["capability"], quiet["connections"]) == ("idle", None, 0)
    assert quiet["enabled"] is True


def test_partner_that_agreed_on_tls_is_shown_so(gateway, peers):
    peers["speaks-tls"].negotiate(gateway, supportedFeatures="1")
    partner = gateway.partner("speaks-tls")
    assert (partner["state"], partner["capability"]) == ("agreed_tls", "TLS")
    assert str(partner["features"]) == "1"


def test_partner_that_agreed_on_prins_keeps_its_connection(gateway, peers):
    with peers["speaks-prins"].connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        partner = gateway.partner("speaks-prins")
        assert (partner["state"], partner["capability"]) == ("agreed_prins", "PRINS")
        assert partner["connections"] == 1
        assert connection.is_alive()
    gateway.until(lambda: gateway.partner("speaks-prins")["connections"] == 0)
    assert gateway.state("speaks-prins") == "agreed_prins"


def test_policy_that_releases_closes_a_prins_connection_gracefully(gateway, peers):
    with peers["lets-go"].connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        assert connection.wait_for_goaway() == 0
        assert connection.wait_for_end() == "fin"
        assert connection.wire.notified
    assert gateway.state("lets-go") == "agreed_prins"


def test_partner_that_is_disabled_is_shown_so(gateway):
    disabled = gateway.partner("disabled")
    assert (disabled["enabled"], disabled["state"]) == (False, "disabled")


def test_agreement_is_taken_up_again_after_a_refusal(gateway, peers):
    refused = peers["refused"]
    assert refused.negotiate(gateway).status == 200
    assert refused.negotiate(gateway, capabilities=["FOO"]).status == 403
    assert gateway.state("refused") == "refused"
    assert refused.negotiate(gateway).status == 200
    assert gateway.state("refused") == "agreed_tls"


def test_partners_under_one_anchor_have_each_their_own_policy(gateway, peers):
    offer = ["TLS", "PRINS"]
    first = peers["first"].negotiate(gateway, capabilities=offer).json()
    second = peers["second"].negotiate(gateway, capabilities=offer).json()
    assert first["selectedSecCapability"] == "TLS"
    assert second["selectedSecCapability"] == "PRINS"
    assert gateway.state("first") == "agreed_tls"
    assert gateway.state("second") == "agreed_prins"


def test_partner_cannot_speak_for_another_of_the_same_anchor(gateway, peers):
    sender = peers["quiet"].fqdn
    assert peers["first"].negotiate(gateway, sender=sender).status == 403
    assert peers["first"].negotiate(gateway, sender=peers["second"].fqdn).status == 403
    assert gateway.state("quiet") == "idle"


def test_unknown_peer_creates_no_partner(gateway, scene):
    def known():
        return {name: (one["state"], one["capability"]) for name, one in gateway.partners().items()}

    before = known()
    stranger = scene.certified("stranger", "262-10", [pki.fqdn("262-10", "sepp9")],
                               pki.authority("262-10"))
    for _ in range(5):
        assert stranger.negotiate(gateway).status == 403
    assert known() == before


def test_connections_over_the_partners_limit_are_not_kept(gateway, peers):
    few = peers["few"]
    with few.connect(gateway) as one, few.connect(gateway) as two, few.connect(gateway) as three:
        for connection in (one, two):
            assert connection.negotiate(capabilities=["PRINS"]).status == 200
        three.wait_for_goaway()
        assert gateway.partner("few")["connections"] <= 2
        assert one.is_alive() and two.is_alive()


def test_policy_that_rejects_answers_403(gateway, peers):
    response = peers["terse"].negotiate(gateway)
    assert (response.status, response.cause()) == (403, "NEGOTIATION_NOT_ALLOWED")


def test_reason_of_the_policy_is_for_the_operator(gateway, peers):
    assert b"the reason" not in peers["terse"].negotiate(gateway).body
    assert gateway.logs("the reason")


def test_reason_of_the_policy_is_told_where_the_partners_file_says_so(gateway, peers):
    assert b"the reason" in peers["verbose"].negotiate(gateway).body


def test_policy_that_defers_answers_503_with_retry_after(gateway, peers):
    response = peers["deferred"].negotiate(gateway)
    assert response.status == 503
    assert response.header("retry-after") == "5"
    assert gateway.partner("deferred")["capability"] is None


def test_partner_may_follow_a_shared_policy(gateway, peers):
    response = peers["follower"].negotiate(gateway, capabilities=["PRINS", "TLS"])
    assert response.json()["selectedSecCapability"] == "TLS"


def test_partner_without_hooks_gets_the_default_policy(gateway, peers):
    response = peers["defaulted"].negotiate(gateway, capabilities=["TLS", "PRINS"])
    assert response.json()["selectedSecCapability"] == "PRINS"


def test_status_counts_connections(gateway, peers):
    gateway.until(lambda: gateway.open_connections() == 0)
    with peers["quiet"].connect(gateway) as connection:
        assert connection.ping()
        assert gateway.open_connections() == 1
    gateway.until(lambda: gateway.open_connections() == 0)
    assert gateway.status()["workers"] == 2


def test_metrics_are_prometheus_text(gateway):
    status, text = gateway.admin("GET", "/metrics")
    assert status == 200
    for line in text.splitlines():
        assert re.fullmatch(r"# (HELP|TYPE) parley_\w+ .+|parley_\w+(\{[^}]*\})? [-+.e\d]+", line)
    assert len(gateway.metrics()) > 5


def test_negotiation_is_counted(gateway, peers):
    before = gateway.metrics()
    assert peers["speaks-tls"].negotiate(gateway).status == 200
    after = gateway.metrics()
    assert [name for name in after
            if "negotiat" in name and after[name] > before.get(name, 0)]


@pytest.mark.parametrize("method, path, status", [
    ("GET", "/v1/nothing", 404), ("GET", "/v1/reload", 405), ("POST", "/v1/status", 405),
    ("DELETE", "/v1/partners", 405), ("GET", "/", 404)])
def test_wrong_admin_request_is_refused(gateway, method, path, status):
    assert gateway.admin(method, path)[0] == status


def test_admin_answers_are_json(gateway):
    for path in ("/v1/status", "/v1/partners"):
        json.loads(gateway.admin("GET", path)[1])


def test_no_common_status_is_configurable(tmp_path):
    directory = Directory(tmp_path, no_common_status=400)
    alpha = directory.partner("alpha", "001-01", TLS_FIRST, capabilities=[TLS])
    with Gateway(directory) as gateway:
        response = alpha.negotiate(gateway, capabilities=["PRINS"])
        assert (response.status, response.json()["status"]) == (400, 400)


NOT_UTF8 = os.fsdecode(b"\xff\xfe")


def test_words_of_any_bytes_are_told_and_survived(directory, start):
    long_word = "\\u{fc}" * 100  # cut in the middle of one by a bound of bytes
    alpha = directory.partner("alpha", "001-01", select(
        f'return sepp.reject("x{long_word}{long_word}")'))
    beta = directory.partner("beta", "262-01", select('return sepp.reject("\\xff")'),
                             verbose_errors=True)
    gateway = start()
    assert [alpha.negotiate(gateway).status, beta.negotiate(gateway).status] == [403, 403]
    partners = gateway.partners()
    assert partners["alpha"]["reason"].startswith("x")
    assert partners["beta"]["reason"] == "\\xff"


def test_mistake_of_any_bytes_is_told_and_survived(directory, start):
    directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = start()
    for path, text in {f"partners/{NOT_UTF8}.lua": "return",
                       "partners/b.lua": 'error("\\xff")'}.items():
        directory.write(path, text)
        status, answer = gateway.reload()
        assert (status, answer["ok"]) == (409, False)
        assert "\\xff" in answer["error"]
        assert gateway.status()["last_reload"]["error"] == answer["error"]
        directory.remove(path)
    assert gateway.reload()[0] == 200


def test_directory_of_any_name_can_be_served(tmp_path):
    odd = Directory(tmp_path / NOT_UTF8)
    odd.partner("alpha", "001-01", TLS_FIRST)
    with Gateway(odd) as gateway:
        assert gateway.status()["directory"].endswith("\\xff\\xfe/policies")


def test_partner_that_never_answered_is_let_alone_when_it_is_terminated(directory, start):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        directory.partner("alpha", "001-01", TLS_FIRST, initiate=True,
                          address="%s:%d" % silent.getsockname())
        gateway = start()
        gateway.until(lambda: gateway.partner("alpha")["out"]["state"] == "connecting")
        assert gateway.ctl("terminate", "alpha").returncode == 0
        gateway.until(lambda: gateway.partner("alpha")["out"]["state"] == "terminated")
    assert gateway.partner("alpha")["out"]["next"] is None
    assert gateway.ctl("negotiate", "alpha").returncode == 1
    assert gateway.partner("alpha")["out"]["state"] == "backing_off"
