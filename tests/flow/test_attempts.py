# SPDX-License-Identifier: MIT
"""What becomes of attempts, notices and contexts when the partner's SEPP is broken or hostile."""

from concurrent.futures import ThreadPoolExecutor

from hyperframe.frame import SettingsFrame
import pytest

from lib.directory import FOLLOW_THE_INITIATOR, KEEP, retain, suites
from lib.peer import CAPABILITY_PATH, ERROR_PATH, PARAMS_PATH, TERMINATE_PATH
from lib.sepp import DECENT, SILENT

HOOKS = FOLLOW_THE_INITIATOR + KEEP + suites()
UNTIL_LOST = FOLLOW_THE_INITIATOR + suites() + retain(
    'if event.kind == sepp.event.LOST then return sepp.release("lost") end\n'
    "  return sepp.retain { idle_s = 60 }")
BOTH_WAYS = FOLLOW_THE_INITIATOR + suites() + retain(
    "return sepp.retain { idle_s = 60, open_reverse = true }")
QUICK, SLOW = {"first_s": 1, "cap_s": 1}, {"first_s": 600, "cap_s": 600}
POLICY = {
    "apiIeMappingList": [{
        "apiSignature": "{apiRoot}/nausf-auth/v1/ue-authentications", "apiMethod": "POST",
        "IeList": [{"ieLoc": "BODY", "ieType": "UEID", "reqIe": "/supi", "isModifiable": False}]}],
    "dataTypeEncPolicy": ["UEID"]}
ERROR = "INTEGRITY_CHECK_FAILED"


def out(gateway):
    """How our own attempts at the partner go."""
    return gateway.partner("alpha")["out"]


def established(gateway):
    """Waits for a context with the partner."""
    return gateway.until(lambda: gateway.state("alpha") == "established" and gateway.contexts())


def report(gateway, message):
    gateway.command("report", "alpha", "--type", ERROR, "--message", message)


def ids(sepp, path):
    return [exchange.json()["n32fContextId"] for exchange in sepp.of_path(path)]


@pytest.fixture
def in_steps(directory, scripted):
    """A partner with which a policy is exchanged after the suites."""
    directory.gateway(retry=SLOW, timeouts={"response_s": 1})
    return scripted("alpha", "001-01", HOOKS, prins={"policy": directory.data("policy", POLICY)})


def test_notice_is_sent_again_when_the_server_goes_away(directory, start, scripted):
    directory.gateway(retry=QUICK)
    sepp = scripted("alpha", "001-01", UNTIL_LOST)
    sepp.script(lambda e: e.goaway(0, 0), DECENT, path=ERROR_PATH)
    gateway = start()
    established(gateway)
    report(gateway, 1)
    sepp.wait_requests(2, ERROR_PATH)


def test_notice_goes_out_on_the_connection_that_is_there(directory, start, scripted):
    directory.gateway(retry=QUICK)
    sepp = scripted("alpha", "001-01", BOTH_WAYS, initiate=False)
    gateway = start()
    with sepp.peer.connect(gateway, exporter=True) as connection:
        connection.establish()
        sepp.wait_for(lambda: sepp.connections and sepp.connections[0].secure)
        report(gateway, 1)
        notice, = sepp.wait_requests(1, ERROR_PATH)
        assert sepp.connections == [notice.connection]


def test_half_an_exchange_leaves_no_context(in_steps, start):
    in_steps.script(DECENT, lambda e: e.abort(), path=PARAMS_PATH)
    gateway = start()
    in_steps.wait_requests(2, PARAMS_PATH)
    gateway.until(lambda: gateway.state("alpha") == "agreed_prins" and not gateway.contexts())
    in_steps.wait_requests(1, TERMINATE_PATH)
    assert out(gateway)["next"]


def test_context_that_the_peer_ends_in_the_exchange_is_no_success(in_steps, start):
    in_steps.script(DECENT, SILENT, path=PARAMS_PATH)
    gateway = start()
    _, held = in_steps.wait_requests(2, PARAMS_PATH)
    assert in_steps.peer.terminate(gateway, in_steps.contexts[0].peer_id).status == 200
    held.default()
    gateway.logs("the N32-f context has ended meanwhile")
    assert out(gateway)["state"] == "agreed_prins"


def test_exchange_that_is_not_answered_leaves_no_connection(in_steps, start):
    in_steps.script(SILENT, path=PARAMS_PATH)
    start()
    in_steps.wait_connection_end(0)
    in_steps.wait_connection_end(1)


def test_partner_that_allows_no_streams_does_not_stop_us(directory, start, scripted):
    directory.gateway(retry=QUICK, timeouts={"response_s": 1})
    sepp = scripted("alpha", "001-01", HOOKS)

    def the_last(exchange):
        settings = {SettingsFrame.MAX_CONCURRENT_STREAMS: 0}
        exchange.garbage(SettingsFrame(0, settings=settings).serialize())
        exchange.default()

    sepp.script(the_last, DECENT, path=CAPABILITY_PATH)
    established(start())


def test_ending_an_attempt_leaves_nothing_under_way(directory, start, scripted):
    sepp = scripted("alpha", "001-01", HOOKS)
    sepp.script(SILENT)
    gateway = start()
    gateway.until(lambda: out(gateway)["state"] == "negotiating")
    gateway.command("terminate", "alpha")
    sepp.wait_connection_end(0)
    assert out(gateway)["state"] == "terminated"


def test_agreement_made_while_the_former_ends_holds(directory, start, scripted):
    sepp = scripted("alpha", "001-01", HOOKS, sepp={"prefers": ("TLS",)})
    gateway = start()
    gateway.until(lambda: gateway.state("alpha") == "agreed_tls")
    sepp.script(SILENT)
    gateway.command("terminate", "alpha")
    none = sepp.wait_requests(2)[1]
    assert none.json()["supportedSecCapabilityList"] == ["NONE"]
    assert sepp.peer.negotiate(gateway, capabilities=["TLS"]).status == 200
    none.problem(403)
    gateway.logs("NONE was not taken")
    sepp.wait_connection_end(1)
    assert gateway.state("alpha") == "agreed_tls"


def test_none_that_was_not_sent_in_time_is_not_sent(directory, start, scripted):
    directory.gateway(retry=QUICK)
    sepp = scripted("alpha", "001-01", HOOKS, sepp={"prefers": ("TLS",)})
    gateway = start()
    gateway.until(lambda: gateway.state("alpha") == "agreed_tls")
    sepp.script(lambda e: e.abort(), SILENT)
    gateway.command("terminate", "alpha")
    sepp.wait_requests(2)
    assert sepp.peer.negotiate(gateway, capabilities=["TLS"]).status == 200
    gateway.logs("NONE is not sent")
    assert gateway.state("alpha") == "agreed_tls"
    assert len(sepp.requests) == 2


def test_negotiate_waits_for_our_own_attempt_whatever_the_partner_opens(start, scripted):
    sepp = scripted("alpha", "001-01", HOOKS, initiate=False)
    sepp.script(SILENT)
    gateway = start()
    with ThreadPoolExecutor() as pool:
        done = pool.submit(gateway.ctl, "negotiate", "alpha")
        held, = sepp.wait_requests(1)
        assert out(gateway)["under_way"] is True
        assert sepp.peer.negotiate(gateway, capabilities=["TLS"]).status == 200
        with pytest.raises(TimeoutError):
            done.result(0.5)  # it looks ten times meanwhile
        held.problem(403)
        assert done.result().returncode == 1
    assert (out(gateway)["attempts"], out(gateway)["under_way"]) == (1, False)


@pytest.mark.parametrize("how", ["disabled", "removed"])
def test_contexts_end_with_their_partner(directory, start, scripted, how):
    scripted("alpha", "001-01", HOOKS)
    gateway = start()
    established(gateway)
    if how == "disabled":
        directory.partner_file("alpha", "001-01", HOOKS, enabled=False)
    else:
        directory.remove("partners/alpha.lua")
    assert gateway.reload()[0] == 200
    gateway.until(lambda: gateway.contexts() == [])


def test_redirection_to_another_partner_is_not_followed(directory, start, scripted):
    directory.gateway(retry=SLOW)
    sepp = scripted("alpha", "001-01", HOOKS)
    other = directory.partner("beta", "001-02", HOOKS, roots="001-01",
                              anchors="anchors/alpha.pem")
    target = f"https://{other.fqdn}{CAPABILITY_PATH}"
    sepp.script(lambda e: e.reply(307, {}, [("location", target)]))
    gateway = start()
    gateway.until(lambda: out(gateway)["reason"] and "redirect" in out(gateway)["reason"])
    assert out(gateway)["state"] == "quarantined"


def test_reports_of_lost_contexts_do_not_make_us_dial_again_and_again(directory, start, scripted):
    directory.gateway(retry=SLOW)
    sepp = scripted("alpha", "001-01", HOOKS)
    gateway = start()
    for _ in range(2):
        made = sepp.wait_for(lambda: sepp.contexts and sepp.contexts.pop())
        gateway.until(lambda known=made: gateway.context(known))
        assert sepp.peer.report(gateway, "CONTEXT_NOT_FOUND", context=made.id).status == 204
    gateway.until(lambda: gateway.log().count("the relation is damaged") == 2)
    assert (gateway.state("alpha"), bool(out(gateway)["next"])) == ("agreed_prins", True)
    assert len(sepp.of_path(CAPABILITY_PATH)) == 2


def test_exchange_makes_no_context_once_prins_is_not_in_force(directory, start, scripted):
    directory.gateway(retry=SLOW)
    sepp = scripted("alpha", "001-01", HOOKS)
    sepp.script(SILENT, path=PARAMS_PATH)
    gateway = start()
    held, = sepp.wait_requests(1, PARAMS_PATH)
    assert sepp.peer.negotiate(gateway, capabilities=["TLS"]).status == 200
    held.default()
    sepp.wait_connection_end(0)
    assert gateway.contexts() == []
    assert gateway.state("alpha") == "agreed_tls"
