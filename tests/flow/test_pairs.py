# SPDX-License-Identifier: MIT
"""Two gateways that are partners: what they agree on, and what is between them afterwards.

Each combination of what the two can do, of the policy, and of who begins, on one pair of gateways
that are reloaded between cases; the sockets are looked at from outside.
"""

from concurrent.futures import ThreadPoolExecutor
import itertools

import pytest

from lib import gateway as gateways
from lib import sockets
from lib.directory import (KEEP, LET_GO, PREFER_THEIRS, PRINS, PRINS_FIRST, TLS, TLS_FIRST,
                           select, suites)
from lib.pair import Pair, mirrored
from lib.wire import TimedOut

CLOSE_S = 30  # far more than a connection needs that both ends end
END_S = 5
SETTLED_S = 10  # contradictory simultaneous negotiations are settled within 6 s
LISTS = {"tls": [TLS], "prins": [PRINS], "tls_prins": [TLS, PRINS], "prins_tls": [PRINS, TLS]}
POLICIES = {"tls_first": TLS_FIRST, "prins_first": PRINS_FIRST, "theirs_first": PREFER_THEIRS,
            "reject": select('return sepp.reject("not today")')}
OPEN = {"TLS": "agreed_tls", "PRINS": "established"}
CLASH, SETTLING = "two simultaneous negotiations disagree", "why='simultaneous negotiations"


@pytest.fixture(scope="module")
def running(tmp_path_factory):
    """Retries are so late that only what a test asks for is ever begun."""
    with Pair(tmp_path_factory.mktemp("pair"), timeouts={"close_s": CLOSE_S},
              retry={"first_s": 3600, "cap_s": 3600}) as pair:
        yield pair


@pytest.fixture
def pair(running):
    """The running pair, whose logs are shown when the test fails."""
    gateways.started[:] = [side.gateway for side in running.sides]
    for side in running.sides:
        side.ended = side.ended_sockets()
    return running


def selection(offer, ceiling, policy):
    """What TS 29.573 5.2.2 and the responder's policy make of an offer; None is a refusal."""
    common = [capability for capability in offer if capability in ceiling]
    order = {"tls_first": [TLS, PRINS], "prins_first": [PRINS, TLS], "theirs_first": offer,
             "reject": []}[policy]
    chosen = next((capability for capability in order if capability in common), None)
    return chosen and chosen.removeprefix("sepp.")


def snapshot(pair):
    """What both ends say, in one value."""
    return [(side.states(), side.view()["capability"], side.contexts())
            for side in pair.sides]


def what_holds(pair):
    """What both ends have agreed on, if they say the same in both directions; else None."""
    (first, capability, ours), (second, other, theirs) = snapshot(pair)
    if capability != other or {*first, *second} != {OPEN.get(capability)}:
        return None
    is_whole = bool(ours) == (capability == "PRINS") and ours == mirrored(theirs)
    return capability if is_whole else None


def agreed_both(pair, allowed, is_right=lambda: True, timeout=5.0):
    """Waits until both ends hold one of the allowed results and the rest is right.  Returns it."""
    def ask():
        capability = what_holds(pair)
        return capability in allowed and is_right() and capability

    try:
        return pair.a.gateway.until(ask, timeout)
    except TimedOut as late:
        raise AssertionError(f"no agreement: {snapshot(pair)} {between(pair)}") from late


def refused_both(pair, beginners, contexts=False):
    """Waits until each direction that was tried is refused at both ends, and nothing in force.

    `contexts`: whether those of an agreement that is suspended by it are still there.
    """
    def word(side):
        return "refused" if side in beginners else "idle"

    want = [((word(side.other), word(side)), None, contexts) for side in pair.sides]
    pair.a.gateway.until(lambda: [(*one, bool(ids)) for *one, ids in snapshot(pair)] == want)


def between(pair):
    """The open connections that each of the two has opened."""
    return [side.open_sockets() for side in pair.sides]


def assert_orderly_end(pair):
    """No connection is left long before the closing time is over, and none was reset."""
    pair.a.gateway.until(lambda: between(pair) == [[], []], END_S)
    pair.a.gateway.until(lambda: any(side.ended_sockets() - side.ended for side in pair.sides))


def is_kept(pair, beginners):
    """Whether each that began has one open connection, and both ends count what there is."""
    opened = between(pair)
    total = sum(map(len, opened))
    return 1 <= total <= len(beginners) and all(
        len(ours) <= (1 if side in beginners else 0) and side.view()["connections"] == total
        and {one.state for ends in ours for one in ends} <= {sockets.ESTABLISHED}
        for side, ours in zip(pair.sides, opened))


def has_its_connections(pair, beginners):
    """Whether there are those that what holds wants: none after TLS, and those of PRINS."""
    if what_holds(pair) == "TLS":
        return between(pair) == [[], []]
    return is_kept(pair, beginners)


def together(action, sides):
    """Does it for each of the sides at the same moment.  Returns the results, or raises."""
    with ThreadPoolExecutor(len(sides)) as threads:
        return list(threads.map(action, sides))


def begin(pair, who):
    """The sides that `who` names begin, at the same moment if both do."""
    beginners = [side for side in pair.sides if side.key in who]
    alone = len(beginners) == 1
    pair.renew(**{side.key: {**side.wish, "initiate": alone and side in beginners}
                  for side in pair.sides})
    if not alone:
        for side in beginners:
            side.write(side.name, **{**side.fields, "initiate": True})
        together(lambda side: side.reload(), beginners)
    return beginners


def wish(side, policy, capabilities=(PRINS, TLS), hooks=KEEP):
    """What `begin` writes for this side."""
    side.directory.gateway(capabilities=capabilities)
    side.wish = {"capabilities": capabilities, "hooks": policy + hooks + suites()}


def cases():
    """(list of a, list of b, policy, who begins), where each can make a difference.

    Without a common capability no policy is asked, and one that rejects looks at no list.
    """
    for first, second, policy in itertools.product(LISTS, LISTS, POLICIES):
        is_asked = set(LISTS[first]) & set(LISTS[second])
        if policy == "tls_first" or is_asked and (policy != "reject" or first == second):
            yield from ((first, second, policy, who) for who in ("a", "b", "ab"))


@pytest.mark.parametrize("first,second,policy,who", cases())
def test_both_ends_come_to_what_the_responder_selects(pair, first, second, policy, who):
    lists = {"a": LISTS[first], "b": LISTS[second]}
    for side in pair.sides:
        wish(side, POLICIES[policy], lists[side.key])
    beginners = begin(pair, who)
    allowed = {selection(lists[side.key], lists[side.other.key], policy) for side in beginners}
    if None in allowed:
        refused_both(pair, beginners)
        assert_orderly_end(pair)
        return
    timeout = END_S if len(allowed) == 1 else SETTLED_S
    agreed_both(pair, allowed, lambda: has_its_connections(pair, beginners), timeout)
    if allowed == {"TLS"}:
        assert_orderly_end(pair)


def test_prins_without_kept_connections_leaves_contexts_only(pair):
    for side in pair.sides:
        wish(side, PRINS_FIRST, hooks=LET_GO)
    begin(pair, "a")
    agreed_both(pair, {"PRINS"})
    assert_orderly_end(pair)
    assert len(pair.a.contexts()) == 1


@pytest.mark.parametrize("who", ["a", "b"])
@pytest.mark.parametrize("capability", ["TLS", "PRINS"])
def test_rejection_suspends_what_was_agreed_at_both_ends(pair, capability, who):
    accept = POLICIES[f"{capability.lower()}_first"]
    for side in pair.sides:
        wish(side, accept)
    beginner, = begin(pair, who)
    agreed_both(pair, {capability})
    judge = beginner.other
    judge.write(judge.name, **{**judge.fields, "hooks": POLICIES["reject"] + KEEP + suites()})
    judge.reload(apply=False)
    agreed_both(pair, {capability})
    done = beginner.gateway.ctl("negotiate", beginner.name)
    assert done.returncode == 1 and "403 NEGOTIATION_NOT_ALLOWED" in done.stdout
    refused_both(pair, pair.sides, contexts=capability == "PRINS")
    assert (judge.view()["reason"], judge.view()["state"]) == ("not today", "refused")
    judge.write(judge.name, **{**judge.fields, "hooks": accept + KEEP + suites()})
    judge.reload(apply=False)
    beginner.gateway.command("negotiate", beginner.name)
    agreed_both(pair, {capability})


def settled(side, since):
    """Whether this end has asked again since it noticed that two negotiations disagree."""
    log = side.gateway.log(since)
    return log.rfind(SETTLING) >= log.rfind(CLASH)


def test_crossing_negotiations_that_disagree_end_in_one_agreement(pair):
    wish(pair.a, PREFER_THEIRS, [TLS, PRINS])
    wish(pair.b, PREFER_THEIRS, [PRINS, TLS])
    begin(pair, "ab")
    agreed_both(pair, {"TLS", "PRINS"}, timeout=SETTLED_S)
    sizes = [side.gateway.log_size() for side in pair.sides]
    answers = together(
        lambda side: side.gateway.admin("POST", f"/v1/negotiate?partner={side.name}"), pair.sides)
    assert [status for status, _ in answers] == [200, 200]
    pair.a.gateway.until(lambda: all(map(settled, pair.sides, sizes)), SETTLED_S)
    agreed_both(pair, {"TLS", "PRINS"}, timeout=SETTLED_S)
