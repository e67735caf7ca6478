# SPDX-License-Identifier: MIT
"""A wall clock that jumps by a day ends no agreement and begins no negotiation.

A part of test_faults.py.  Shown elsewhere: clocks that move while gateways negotiate, crash and lose
each other, test_convergence.py; what comes near its end, test_expiry.py; names of files that are
set aside while the clock goes back, unit/test_sepp_journal_file.c.
"""

import datetime
import pathlib

import pytest

from lib.directory import FOLLOW_THE_INITIATOR, KEEP, PRINS_FIRST, TLS_FIRST, suites
from lib.gateway import parleyctl
from lib.peer import CAPABILITY_PATH
from lib.preload import FAKETIME, Clock, environment
from lib.sepp import DECENT
from lib.waiting import SLOWNESS
import pki

HOOKS = FOLLOW_THE_INITIATOR + KEEP + suites()
QUICK = {"first_s": 0.1, "cap_s": 1}
DAY_S = 86400
HALF_A_DAY = datetime.timedelta(hours=12)


def in_tls(scripted, name, plmn):
    """A partner whose SEPP prefers TLS."""
    return scripted(name, plmn, TLS_FIRST, sepp={"prefers": ("TLS", "PRINS")})


def waits(gateway, seconds=1.5):
    """Lets time pass in which nothing is to happen."""
    assert not gateway.has_ended(seconds)


@pytest.fixture
def clock(tmp_path):
    if not pathlib.Path(FAKETIME).exists():
        pytest.skip("there is no libfaketime")
    state = tmp_path / "state"
    state.mkdir(mode=0o700)
    return Clock(state / "clock")


@pytest.fixture
def timed(clock, start):
    """Starts a gateway with that clock."""
    def begin():
        return start("--state", str(clock.path.parent),
                     environment=environment(FAKETIME, **clock.variables()))
    return begin


def day_of(gateway):
    """The day that the gateway believes in."""
    now = gateway.reload()[1] and gateway.status()["activated"]
    return datetime.datetime.fromisoformat(now.replace("Z", "+00:00"))


def renew(directory):
    """A certificate of ours that is good on the days around this one, too."""
    certs = directory.policies / "certs"
    day = datetime.timedelta(days=1)
    directory.home.issue([directory.fqdn], certs / "gateway.pem", certs / "gateway.key",
                         not_before=-5 * day, not_after=200 * day)


@pytest.mark.parametrize("seconds", [DAY_S, -DAY_S])
def test_clock_that_jumps_ends_nothing_and_begins_nothing(directory, scripted, clock, timed,
                                                          seconds):
    renew(directory)
    alpha, beta = scripted("alpha", "001-01", HOOKS), in_tls(scripted, "beta", "262-01")
    failing = scripted("gamma", "310-01", HOOKS)
    failing.script(lambda exchange: exchange.problem(503))
    directory.gateway(retry=QUICK)
    gateway = timed()
    gateway.agrees("alpha", "beta")
    failing.wait_requests(1)
    requests, contexts = (len(alpha.requests), len(beta.requests)), gateway.contexts("alpha")
    today = day_of(gateway)
    clock.step(seconds)
    waits(gateway)
    assert abs((day_of(gateway) - today).total_seconds() - seconds) < 60
    # the next attempt is neither lost nor a day away
    failing.wait_connections(len(failing.connections) + 1)
    assert (len(alpha.requests), len(beta.requests)) == requests
    assert gateway.contexts("alpha") == contexts
    assert 0 <= gateway.status()["uptime_s"] < 60 * SLOWNESS
    clock.step(-seconds)
    failing.script(DECENT)
    gateway.agrees("gamma")
    gateway.stop()
    again = timed()
    assert all(again.has_in_force(name) for name in ("alpha", "beta", "gamma"))
    again.agrees("alpha", "beta", "gamma")


def test_clock_that_went_back_before_a_restart_renews_nothing(directory, scripted, clock, timed):
    renew(directory)
    beta = in_tls(scripted, "beta", "262-01")
    gateway = timed()
    gateway.agrees("beta")
    gateway.stop()
    clock.step(-DAY_S)
    again = timed()
    waits(again)
    assert again.state("beta") == "agreed_tls" and len(beta.connections) == 1


def test_agreement_that_is_old_by_the_clock_is_in_force_until_it_is_renewed(directory, scripted,
                                                                            clock, timed):
    renew(directory)
    directory.gateway(retry=QUICK)
    sepps = {name: in_tls(scripted, name, f"262-0{i}") for i, name in enumerate("abc")}
    gateway = timed()
    gateway.agrees(*sepps)
    gateway.stop()
    clock.step(DAY_S + 1)
    for sepp in sepps.values():
        sepp.script(lambda exchange: exchange.problem(503), DECENT)
    again = timed()
    for name, sepp in sepps.items():
        assert again.has_in_force(name)
        sepp.wait_requests(3, CAPABILITY_PATH)
    again.agrees(*sepps)
    waits(again)
    assert [len(sepp.requests) for sepp in sepps.values()] == [3, 3, 3]


def test_certificate_expires_with_the_clock_and_comes_back_with_it(directory, clock, timed):
    directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    alpha = directory.certified("alpha", "001-01", [pki.fqdn("001-01")], pki.authority("001-01"),
                                not_after=HALF_A_DAY)
    directory.gateway(workers=1)  # each sees the step when it looks at the clock again
    gateway = timed()
    with alpha.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        clock.step(DAY_S)
        gateway.until(lambda: alpha.refusal(gateway))  # whatever is remembered of it
        assert alpha.refusal(gateway) == "SSLV3_ALERT_CERTIFICATE_EXPIRED"
        assert gateway.logs("certificate has expired")
        shown = parleyctl("--socket", gateway.socket, "status").stdout
        assert "EXPIRED       partner alpha" in shown
        assert gateway.has_in_force("alpha") and kept.is_alive()
        clock.step(-DAY_S)
        gateway.until(lambda: not alpha.refusal(gateway))
        assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
        assert kept.is_alive()
    ids = [line.split('"id":"', 1)[1][:22] for line in
           (clock.path.parent / "decisions.jsonl").read_text().splitlines()]
    assert len(ids) == len(set(ids)) >= 2
