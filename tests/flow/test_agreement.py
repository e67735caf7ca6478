# SPDX-License-Identifier: MIT
"""How an agreement ends, is renewed, is repaired, and outlives a restart.

Two gateways where both ends matter, and a scripted SEPP where it matters what is sent.
"""

import contextlib
import json

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, suites
from lib.dns import DnsServer
from lib.pair import Pair, mirrored
from lib.peer import CAPABILITY_PATH
from lib.sepp import Sepp
from lib.waiting import elapsed
from lib.wire import TimedOut

CAP_S = 1
QUICK = {"first_s": 0.05, "cap_s": CAP_S}
TLS_HOOKS, PRINS_HOOKS = TLS_FIRST + KEEP + suites(), PRINS_FIRST + KEEP + suites()
OPEN = {TLS_HOOKS: "agreed_tls", PRINS_HOOKS: "established"}
TERMINATED = ("terminated", "terminated")
LEFT = ("terminated", "idle")  # by the peer: what we may try ourselves is open
ALONE = ("agreed_prins", "agreed_prins")  # without a context
SERVICE, HOST = "_n32._tcp.example.org", "sepp.example.org"


@pytest.fixture
def make(tmp_path):
    """Starts pairs of gateways that keep their state, and stops them."""
    begun = []

    def begin(**settings):
        pair = Pair(tmp_path, "--state", "{root}/state", **{"retry": QUICK, **settings})
        begun.append(pair)
        return pair.__enter__()

    yield begin
    for pair in begun:
        pair.__exit__()


def until(pair, question, timeout=5.0):
    """Waits until a question about both ends is true; says what they are like if it never is."""
    try:
        return pair.a.gateway.until(question, timeout)
    except TimedOut as late:
        ends = [(side.states(), side.contexts(), side.view()["reason"]) for side in pair.sides]
        raise AssertionError(f"the ends are {ends}") from late


def holds(pair, hooks):
    """Whether both ends have agreed on what the hooks prefer; in PRINS, with one context."""
    ours, theirs = pair.a.contexts(), pair.b.contexts()
    states = {*pair.a.states(), *pair.b.states()}
    return (states == {OPEN[hooks]} and ours == mirrored(theirs)
            and len(ours) == (1 if hooks == PRINS_HOOKS else 0))


def agree(pair, hooks):
    """The state in which `a` has negotiated with `b`."""
    pair.renew(a={"initiate": True, "hooks": hooks}, b={"hooks": hooks})
    until(pair, lambda: holds(pair, hooks))
    return pair


# we end it

@pytest.mark.parametrize("who", ["a", "b"])
def test_tls_is_terminated_at_both_ends(make, who):
    pair = agree(make(retry={"first_s": 3600, "cap_s": 3600}), TLS_HOOKS)
    side = getattr(pair, who)
    side.gateway.command("terminate", side.name)
    until(pair, lambda: side.states() == TERMINATED and side.other.states() == LEFT)
    assert side.other.gateway.logs("agreement ended by the peer with NONE")
    assert [one.view()["capability"] for one in pair.sides] == [None, None]
    assert side.view()["out"]["next"] is None
    pair.a.gateway.command("negotiate", pair.a.name)
    until(pair, lambda: holds(pair, TLS_HOOKS))


def test_initiator_comes_back_after_the_peer_has_terminated_but_not_at_once(make):
    pair = agree(make(retry={"first_s": 0.01, "cap_s": CAP_S}), TLS_HOOKS)
    pair.b.gateway.command("terminate", pair.b.name)
    until(pair, lambda: pair.a.states() == LEFT)
    since = elapsed()
    pair.a.until(lambda view: view["out"]["next"])
    until(pair, lambda: holds(pair, TLS_HOOKS))
    assert CAP_S / 2 - 0.1 < since() < CAP_S + 3


def test_whoever_has_terminated_does_not_come_back_by_itself(make):
    pair = agree(make(retry={"first_s": 0.01, "cap_s": 0.01}), TLS_HOOKS)
    pair.a.gateway.command("terminate", pair.a.name)
    until(pair, lambda: pair.a.states() == TERMINATED)
    pair.a.reload()
    pair.b.gateway.command("negotiate", pair.b.name)  # longer than any of its own would take
    until(pair, lambda: holds(pair, TLS_HOOKS))
    assert pair.a.view()["attempts"] == 2


def test_terminate_sends_none_alone_and_on_a_connection_that_ends(scripted, start):
    sepp = scripted("alpha", "001-01", TLS_HOOKS, sepp={"prefers": ("TLS",)})
    gateway = start()
    gateway.until(lambda: gateway.state("alpha") == "agreed_tls")
    gateway.command("terminate", "alpha")
    none = sepp.wait_requests(2, CAPABILITY_PATH)[1]
    assert none.json()["supportedSecCapabilityList"] == ["NONE"]
    gateway.until(lambda: gateway.state("alpha") == "terminated")
    end = sepp.wait_connection_end(1)
    assert (end.goaway, end.notified, end.end) == (0, True, "fin")


def test_terminate_says_nothing_to_a_peer_without_the_feature(scripted, start):
    sepp = scripted("alpha", "001-01", TLS_HOOKS)
    sepp.script(lambda exchange: exchange.reply(
        200, sepp.selection(exchange.json(), selectedSecCapability="TLS", supportedFeatures=None)))
    gateway = start()
    gateway.until(lambda: gateway.state("alpha") == "agreed_tls")
    gateway.command("terminate", "alpha")
    gateway.until(lambda: gateway.state("alpha") == "terminated")
    assert "no way to tell" in gateway.partner("alpha")["reason"]
    assert len(sepp.requests) == 1


@pytest.mark.parametrize("who", ["a", "b"])
def test_prins_is_terminated_with_its_context(make, who):
    pair = agree(make(retry={"first_s": 3600, "cap_s": 3600}), PRINS_HOOKS)
    side = getattr(pair, who)
    (own, peer, *_), = side.contexts()
    side.gateway.command("terminate", side.name)
    until(pair, lambda: side.states() == TERMINATED and side.other.states() == ALONE)
    assert pair.a.contexts() == pair.b.contexts() == []
    assert side.other.gateway.logs(f"context ended by the peer id={peer} peer_id={own}")


def test_terminate_of_one_context_leaves_the_agreement(make):
    pair = agree(make(), PRINS_HOOKS)
    shown, = pair.a.gateway.command("contexts")["contexts"]
    pair.a.gateway.command("terminate", shown["id"])
    until(pair, lambda: pair.a.contexts() == pair.b.contexts() == [])
    assert pair.a.states() == pair.b.states() == ALONE
    assert pair.a.gateway.ctl("terminate", shown["id"]).returncode == 1
    pair.a.gateway.command("negotiate", pair.a.name)
    until(pair, lambda: holds(pair, PRINS_HOOKS))
    assert pair.a.contexts()[0][0] != shown["id"]


# error reports

def on_report(verdict):
    return PRINS_HOOKS + f"""function partner.on_error_report(report, peer)
  return {verdict}
end
"""


def reported(make, verdict):
    """A pair in which `a` has reported an error to `b`, whose policy answers so."""
    pair = agree(make(), PRINS_HOOKS)
    pair.b.write(pair.b.name, hooks=on_report(verdict))
    pair.b.reload(apply=False)
    before = pair.a.contexts()
    pair.a.gateway.command("report", pair.a.name, "--type", "DECIPHERING_FAILED",
                           "--message", "0123456789abcdef")
    pair.b.until(lambda view: view["reports_in"] == 1)
    return pair, before


def outcomes(side, hook="on_error_report"):
    """What was done about each decision of that hook."""
    text = (side.directory.root / "state/decisions.jsonl").read_text()
    lines = text.rpartition("\n")[0].splitlines()  # one may be under way
    return [record["outcome"] for record in map(json.loads, lines) if record["hook"] == hook]


def test_report_is_counted_at_both_ends_and_continues(make):
    pair, before = reported(make, "sepp.continue()")
    until(pair, lambda: outcomes(pair.b) == ["204"])
    assert pair.a.view()["reports_out"] == 1
    ours, = pair.a.gateway.contexts()
    theirs, = pair.b.gateway.contexts()
    assert (ours["reports_out"], theirs["reports_in"]) == (1, 1)
    assert holds(pair, PRINS_HOOKS) and pair.a.contexts() == before


def test_report_may_have_the_relation_negotiated_anew(make):
    pair, before = reported(make, 'sepp.renegotiate("errors")')
    until(pair, lambda: holds(pair, PRINS_HOOKS) and pair.a.contexts() != before)
    until(pair, lambda: outcomes(pair.b) == ["204 negotiates anew"])
    assert [role for _, _, role, *_ in pair.a.contexts()] == ["responder"]


def test_report_may_end_the_relation(make):
    pair, _ = reported(make, 'sepp.terminate("errors")')
    until(pair, lambda: pair.b.states() == TERMINATED)
    until(pair, lambda: outcomes(pair.b) == ["204 ends the relation"])
    until(pair, lambda: holds(pair, PRINS_HOOKS))  # `a` initiates, and comes back
    assert pair.a.gateway.logs("the peer ended the last N32-f context")


def test_context_that_the_peer_does_not_know_is_made_anew(scripted, start):
    sepp = scripted("alpha", "001-01", PRINS_HOOKS)
    gateway = start()
    first, = sepp.wait_for(lambda: sepp.contexts)
    gateway.until(lambda: gateway.context(first))
    assert sepp.peer.report(gateway, "CONTEXT_NOT_FOUND", context=first.peer_id).status == 204
    second = sepp.wait_for(lambda: sepp.contexts[1:])[0]
    gateway.until(lambda: gateway.context(second))
    assert gateway.context(first) is None and len(gateway.contexts()) == 1
    assert gateway.state("alpha") == "established"
    assert len(sepp.of_path(CAPABILITY_PATH)) == 2


# age

def test_agreement_is_renewed_before_it_is_too_old(make):
    pair = agree(make(validity_s=2), PRINS_HOOKS)
    first, since = pair.a.contexts(), elapsed()
    until(pair, lambda: pair.a.contexts() != first and holds(pair, PRINS_HOOKS))
    assert since() > 1
    assert {row[0] for row in first}.isdisjoint(row[0] for row in pair.a.contexts())
    for side in pair.sides:
        assert "ended by age" not in side.gateway.log()


def test_contexts_end_by_age_when_nobody_renews_them(make):
    pair = make(validity_s=1)
    pair.renew(a={"hooks": PRINS_HOOKS}, b={"hooks": PRINS_HOOKS})
    pair.a.gateway.command("negotiate", pair.a.name)
    for side in pair.sides:
        assert side.gateway.logs("N32-f context made")
        assert side.gateway.logs("ended by age")
    assert pair.a.contexts() == pair.b.contexts() == []
    assert pair.a.states() == pair.b.states() == ALONE


# where the partner is

@pytest.fixture
def again():
    """Makes a second SEPP of the same identity, and stops it."""
    with contextlib.ExitStack() as begun:
        yield lambda sepp: begun.enter_context(Sepp().serve(sepp.peer))


def test_partner_is_found_by_name(directory, scripted, start):
    with DnsServer() as dns:
        sepp = scripted("alpha", "001-01", sepp={"host": "127.0.0.2"})
        directory.partner_file("alpha", "001-01", PRINS_HOOKS, initiate=True,
                               address=f"{HOST}:{sepp.port}")
        dns.add(HOST, "A", "127.0.0.2")
        directory.gateway(dns={"servers": [dns.address]})
        gateway = start()
        gateway.until(lambda: gateway.state("alpha") == "established")
        assert dns.count(HOST, "A") == 1
        assert sepp.connections[0].sni == sepp.peer.fqdn


def test_service_whose_first_target_is_dead_leads_to_the_second(directory, scripted, start):
    with DnsServer() as dns:
        sepp = scripted("alpha", "001-01", PRINS_HOOKS, address=None, srv=SERVICE)
        dns.add(SERVICE, "SRV", (1, 0, sepp.port, "dead.example.org"))
        dns.add(SERVICE, "SRV", (2, 0, sepp.port, HOST))
        dns.add("dead.example.org", "A", "127.0.0.3")
        dns.add(HOST, "A", "127.0.0.1")
        directory.gateway(dns={"servers": [dns.address]})
        gateway = start()
        gateway.until(lambda: gateway.state("alpha") == "established")
        assert gateway.partner("alpha")["failures"] == 0
        assert len(sepp.connections) == 1 and dns.count("dead.example.org", "A") == 1


def test_partner_that_moves_is_found_when_its_record_is_old(directory, scripted, again, start):
    with DnsServer() as dns:
        first = scripted("alpha", "001-01", PRINS_HOOKS, address=None, srv=SERVICE)
        second = again(first)
        dns.add(HOST, "A", "127.0.0.1")
        dns.add(SERVICE, "SRV", (1, 0, first.port, HOST), ttl=1)
        directory.gateway(dns={"servers": [dns.address]})
        gateway = start()
        gateway.until(lambda: gateway.state("alpha") == "established")
        dns.replace(SERVICE, "SRV", (1, 0, second.port, HOST), ttl=1)
        since = elapsed()
        gateway.until(lambda: gateway.command("negotiate", "alpha") and second.connections)
        assert since() < 3 and len(first.of_path(CAPABILITY_PATH)) > 1
        assert dns.count(SERVICE, "SRV") == 2


# a restart

def test_agreement_and_flags_outlive_a_restart(make):
    pair = agree(make(), TLS_HOOKS)
    for side in pair.sides:
        side.gateway.command("flag", side.name, "watched", "on")
        before = side.view()
        side.restart()
        after = side.view()
        for known in ("state", "capability", "flags", "attempts", "failures", "features",
                      "certificate_fingerprint", "since"):
            assert after[known] == before[known], known
        assert after["strikes_last_hour"] == 0
    assert holds(pair, TLS_HOOKS)


@pytest.mark.parametrize("who", ["a", "b"])
def test_prins_has_a_context_again_after_a_restart_of_either_end(make, who):
    pair = agree(make(), PRINS_HOOKS)
    before = {row[0] for row in pair.a.contexts()}
    getattr(pair, who).restart()
    until(pair, lambda: holds(pair, PRINS_HOOKS) and before.isdisjoint(
        row[0] for row in pair.a.contexts()))
    if who == "b":
        assert pair.a.view()["reports_in"] == pair.b.view()["reports_out"] == 1


def test_database_that_is_broken_is_set_aside(make):
    pair = agree(make(), TLS_HOOKS)
    state = pair.b.directory.root / "state"
    pair.b.restart(lambda: (state / "parley.db").write_bytes(b"no database" * 1000))
    store = pair.b.gateway.status()["store"]
    assert store["on"] and store["set_aside"].startswith("parley.db.broken-")
    assert (state / store["set_aside"]).exists() and store["set_aside_why"]
    assert pair.b.states() == ("idle", "idle")
    pair.a.gateway.command("negotiate", pair.a.name)
    until(pair, lambda: holds(pair, TLS_HOOKS))


def test_end_of_one_gateway_leaves_the_agreement_at_the_other(make):
    pair = agree(make(), PRINS_HOOKS)
    assert pair.a.view()["connections"] == 1
    (ours, _), = pair.a.open_sockets()
    pair.b.gateway.stop()
    view = pair.a.until(lambda view: view["connections"] == 0)
    assert (view["state"], view["capability"]) == ("established", "PRINS")
    assert ours.port in pair.a.ended_sockets()
