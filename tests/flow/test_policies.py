# SPDX-License-Identifier: MIT
"""A policy that fails closes doors: for its own partner and this decision only."""

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST, Directory, Lua, retain, select
from lib.gateway import Gateway
from lib.peer import CAPABILITY_PATH, JSON_HEADERS
from lib.waiting import elapsed

OURS = {"mcc": "999", "mnc": "70"}


def on_target(answer):
    """A policy that does this when the request names a target PLMN, and else selects TLS."""
    return select(f"""if request.target_plmn then
    {answer}
  end
  return sepp.select(sepp.TLS)""")


FAILURES = {
    "an_error": 'error("no opinion")',
    "an_unknown_field": "return request.sendr",
    "a_string": 'return "TLS"',
    "nothing": "return nil",
    "a_look_alike": "return { verdict = 'select', capability = 'TLS' }",
    "a_capability_that_was_not_offered": "return sepp.select(sepp.PRINS)",
    "a_string_for_a_constant": 'return sepp.select("TLS")',
    "the_wrong_constructor": "return sepp.retain { idle_s = 5 }",
    "an_endless_loop": "while true do end",
    "an_endless_loop_in_pcall": "while true do pcall(function() while true do end end) end",
    "endless_recursion": "local function f() return 1 + f() end return f()",
    "endless_memory": "local t = {} for i = 1, 1e9 do t[i] = { i } end",
    "a_long_string": 'local s = "x" while true do s = s .. s end',
    "a_slow_pattern": 'return (("a"):rep(60000)):find(("a*"):rep(60) .. "b")',
    "a_poisoned_library": "string.rep = nil",
    "a_new_global": "leak = 1",
}


@pytest.fixture(scope="module")
def scene(tmp_path_factory):
    directory = Directory(tmp_path_factory.mktemp("policies"), workers=1)
    directory.peers = {"well": directory.partner("well", "001-01", TLS_FIRST + KEEP)}
    for number, (name, answer) in enumerate(FAILURES.items()):
        directory.peers[name] = directory.partner(name.replace("_", "-"), f"262-{number:02}",
                                                  on_target(answer))
    directory.peers["forgetful"] = directory.partner(
        "forgetful", "310-01", PRINS_FIRST + retain('error("no idea")'))
    directory.peers["greedy"] = directory.partner("greedy", "310-02", TLS_FIRST + KEEP)
    with Gateway(directory) as directory.running:
        yield directory


@pytest.fixture
def gateway(scene):
    return scene.running


@pytest.fixture
def peers(scene):
    return scene.peers


@pytest.mark.parametrize("name", FAILURES)
def test_policy_that_fails_answers_500_and_decides_the_next(gateway, peers, name):
    since = elapsed()
    with peers[name].connect(gateway) as connection:
        response = connection.negotiate(targetPlmnId=OURS)
        assert since() < 3
        assert (response.status, response.cause()) == (500, "SYSTEM_FAILURE")
        assert connection.negotiate().json()["selectedSecCapability"] == "TLS"
    assert peers["well"].negotiate(gateway).status == 200


def test_failed_policy_leaves_no_agreement(gateway, peers):
    peers["an_error"].negotiate(gateway, targetPlmnId=OURS)
    state = gateway.partner("an-error")
    assert state["capability"] in (None, "TLS")
    before = state["state"]
    assert peers["an_error"].negotiate(gateway, targetPlmnId=OURS).status == 500
    assert gateway.state("an-error") == before


def test_failed_policy_is_logged_with_file_and_line(gateway, peers):
    peers["an_error"].negotiate(gateway, targetPlmnId=OURS)
    assert gateway.logs("no opinion")
    assert gateway.logs("partners/an-error.lua:")


def test_peer_is_not_told_why_the_policy_failed(gateway, peers):
    response = peers["an_error"].negotiate(gateway, targetPlmnId=OURS)
    assert b"no opinion" not in response.body
    assert b".lua" not in response.body


def test_others_are_served_while_a_policy_loops(gateway, peers):
    with peers["an_endless_loop"].connect(gateway) as looping:
        streams = [looping.start("POST", CAPABILITY_PATH, JSON_HEADERS,
                                 looping.peer.body(targetPlmnId=OURS)) for _ in range(5)]
        since = elapsed()
        assert peers["well"].negotiate(gateway).status == 200
        assert since() < 3
        assert [looping.wait(stream).status for stream in streams] == [500] * 5


def test_agreement_outlives_a_policy_that_fails_where_the_file_says_so(directory, start):
    hooks = on_target('error("no opinion")') + KEEP
    fickle = directory.partner("fickle", "262-90", hooks=hooks)
    steady = directory.partner("steady", "262-91", hooks=hooks, on_policy_error=Lua("sepp.KEEP_LAST"))
    gateway = start()
    assert steady.negotiate(gateway, targetPlmnId=OURS).status == 500  # nothing is in force yet
    for peer, status in ((fickle, 500), (steady, 200)):
        assert peer.negotiate(gateway).status == 200
        assert peer.negotiate(gateway, targetPlmnId=OURS).status == status
    refused = steady.negotiate(gateway, capabilities=["PRINS"], targetPlmnId=OURS)
    assert refused.status == 500  # what is in force was not offered


def test_retention_policy_that_fails_lets_the_connection_go(gateway, peers):
    with peers["forgetful"].connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        assert connection.wait_for_goaway() == 0
        assert connection.wait_for_end() == "fin"


def test_no_policy_keeps_a_connection_that_selected_tls(gateway, peers):
    with peers["greedy"].connect(gateway) as connection:
        assert connection.negotiate(capabilities=["TLS"]).status == 200
        assert connection.wait_for_goaway() == 0
        assert connection.wait_for_end() == "fin"


def test_nothing_is_remembered_between_decisions(directory, start):
    alpha = directory.partner("alpha", "001-01", """local count = { 0 }

function partner.select_capability(request, peer)
  count[1] = count[1] + 1
  if count[1] > 1 then
    return sepp.reject("it remembers")
  end
  return sepp.select(sepp.TLS)
end
""")
    gateway = start()
    assert {alpha.negotiate(gateway).status for _ in range(5)} <= {200, 500}
    assert len({alpha.negotiate(gateway).status for _ in range(5)}) == 1


def test_policy_sees_what_was_offered_and_by_whom(directory, start):
    alpha = directory.partner("alpha", "001-01", select("""assert(request:offers(sepp.TLS))
  assert(not request:offers(sepp.PRINS))
  assert(#request.capabilities == 2)
  assert(request.sender == "sepp.5gc.mnc001.mcc001.3gppnetwork.org")
  assert(peer.name == "alpha")
  assert(peer.certificate.days_left > 20)
  assert(peer:certified_for(request.sender))
  assert(request.target_api_root)
  return sepp.select(sepp.TLS)"""))
    response = alpha.negotiate(start(), capabilities=["FOO", "TLS"],
                               **{"3GppSbiTargetApiRootSupported": True})
    assert response.status == 200, str(response)


def test_policy_may_refuse_a_step_back(directory, start):
    alpha = directory.partner("alpha", "001-01", KEEP + select(
        """if peer.established == sepp.PRINS and not request:offers(sepp.PRINS) then
    return sepp.reject("downgrade: %s used PRINS before", peer.name)
  end
  return sepp.prefer(request, { sepp.PRINS, sepp.TLS })"""))
    gateway = start()
    assert alpha.negotiate(gateway, capabilities=["PRINS", "TLS"]).status == 200
    assert alpha.negotiate(gateway, capabilities=["TLS"]).status == 403
    assert gateway.logs("alpha used PRINS before")
