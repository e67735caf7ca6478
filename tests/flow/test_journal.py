# SPDX-License-Identifier: MIT
"""The journal of decisions, what operators may switch, and the watchdog."""

import http.client
import json
import os
import re
import resource
import shutil
import signal

import pytest

from lib.directory import KEEP, LET_GO, PRINS_FIRST, TLS_FIRST, select
from lib.gateway import parleyctl
from lib.peer import CAPABILITY_PATH, JSON_HEADERS

FIELDS = ["id", "time", "hook", "partner", "generation", "digest", "input", "answer", "at", "reason",
          "notes", "fuel", "microseconds", "outcome"]
MANY, AT_ONCE = 1500, 50
ALL = MANY + 2  # with the retention of the connection, and that it is lost
MIB = 1 << 20


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def recorded(start, state):
    """Starts a gateway that records decisions."""
    return lambda: start("--state", str(state))


def lines(state):
    """Every record, of all files, in the order of their ids."""
    text = b"".join(path.read_bytes() for path in state.glob("decisions*.jsonl"))
    assert text == b"" or text.endswith(b"\n")
    return sorted(map(json.loads, text.splitlines()), key=lambda record: record["id"])


def wait_for(gateway, state, count):
    """The records, once there are so many."""
    gateway.until(lambda: len(lines(state)) >= count)
    return lines(state)


def decisions(gateway):
    return int(gateway.metrics()["parley_policy_decisions_total"])


def negotiate_often(peer, gateway, between=lambda: None):
    """Many decisions on one connection, many streams at a time."""
    with peer.connect(gateway) as connection:
        for _ in range(MANY // AT_ONCE):
            streams = [connection.start("POST", CAPABILITY_PATH, JSON_HEADERS,
                                        peer.body(capabilities=["PRINS"])) for _ in range(AT_ONCE)]
            assert {connection.wait(stream).status for stream in streams} == {200}
            between()


def test_negotiation_is_one_line_for_each_decision(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", select(
        'sepp.note("seen %s", peer.name)\n  return sepp.select(sepp.PRINS)') + KEEP)
    gateway = recorded()
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        first, second = wait_for(gateway, state, 2)
    assert list(first) == list(second) == FIELDS
    assert (first["hook"], second["hook"]) == ("select_capability", "retain_connection")
    assert (first["outcome"], second["outcome"]) == ("200 PRINS", "kept")
    assert first["answer"] == {"verdict": "select", "capability": "PRINS"}
    assert second["answer"]["idle_s"] == 60
    assert first["partner"] == first["input"]["peer"]["name"] == "alpha"
    assert first["input"]["request"]["supportedSecCapabilityList"] == ["PRINS"]
    assert second["input"]["event"]["kind"] == "NEGOTIATED"
    assert first["digest"] == gateway.status()["digest"]
    assert re.fullmatch(r"partners/alpha\.lua:\d+", first["at"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", first["time"])
    assert first["notes"] == ["seen alpha"] and first["fuel"] > 0
    third = wait_for(gateway, state, 3)[2]
    assert third["input"]["event"]["kind"] == "LOST"
    assert decisions(gateway) == 3


def test_refusals_are_recorded_with_what_was_answered(directory, recorded, state):
    answers = {"no": 'return sepp.reject("not today")', "later": 'return sepp.defer(5, "busy")',
               "broken": 'error("no opinion")'}
    peers = [directory.partner(name, f"262-0{number}", select(answer))
             for number, (name, answer) in enumerate(answers.items(), 1)]
    gateway = recorded()
    assert [peer.negotiate(gateway).status for peer in peers] == [403, 503, 500]
    no, later, broken = wait_for(gateway, state, 3)
    assert [record["outcome"] for record in (no, later, broken)] == ["403", "503", "500"]
    assert no["reason"] == "not today"
    assert later["answer"] == {"verdict": "defer", "seconds": 5}
    assert broken["answer"] == {"verdict": "failed"}
    assert broken["at"].startswith("partners/broken.lua:")
    assert "no opinion" in broken["reason"]


def test_connection_that_is_let_go_is_recorded_so(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + LET_GO)
    gateway = recorded()
    alpha.negotiate(gateway, capabilities=["PRINS"])
    last = wait_for(gateway, state, 2)[1]
    assert (last["answer"]["verdict"], last["outcome"]) == ("release", "released")


def test_what_the_floor_refuses_is_no_decision(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    assert alpha.negotiate(gateway, plmnIdList=[{"mcc": "310", "mnc": "99"}]).status == 403
    assert alpha.negotiate(gateway).status == 200
    gateway.stop()
    assert [record["outcome"] for record in lines(state)] == ["200 TLS"]


def test_log_and_journal_join_by_the_id(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    beta = directory.partner("beta", "262-01", select('error("no opinion")'))
    gateway = recorded()
    alpha.negotiate(gateway)
    beta.negotiate(gateway)
    good, bad = wait_for(gateway, state, 2)
    assert gateway.logs(f"decision={bad['id']}")
    log = gateway.log()
    assert re.search(rf"alpha: negotiated .*decision={good['id']}", log)
    assert re.search(rf"beta: no valid answer.*decision={bad['id']}", log)


def test_end_of_the_process_writes_what_was_decided(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    gateway = recorded()
    negotiate_often(alpha, gateway)
    gateway.until(lambda: decisions(gateway) == ALL)
    gateway.stop()
    assert len(lines(state)) == ALL
    assert len({record["id"] for record in lines(state)}) == ALL


def test_later_process_goes_on_with_other_ids(directory, start, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    for _ in range(2):
        gateway = start("--state", str(state))
        alpha.negotiate(gateway)
        gateway.stop()
    first, second = lines(state)
    assert first["id"] < second["id"] and first["time"] < second["time"]


@pytest.mark.parametrize("journal", [{"max_mib": 1, "keep": 0}, {"max_mib": 0, "keep": 0}])
def test_files_that_are_set_aside_lose_nothing(directory, recorded, state, journal):
    directory.gateway(journal=journal)
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    gateway = recorded()
    by_size = journal["max_mib"] > 0
    negotiate_often(alpha, gateway, lambda: by_size or gateway.signal(signal.SIGUSR1))
    gateway.until(lambda: gateway.status()["journal"]["records"] == decisions(gateway))
    assert len(lines(state)) == decisions(gateway) == ALL
    assert gateway.status()["journal"]["lost"] == {"queue": 0, "write": 0}
    aside = list(state.glob("decisions-*.jsonl"))
    assert len(aside) == gateway.status()["journal"]["set_aside"] >= (1 if by_size else 5)
    assert all(re.fullmatch(r"decisions-\d{8}T\d{6}Z-\d{4}\.jsonl", path.name) for path in aside)


def test_oldest_files_go(directory, recorded, state):
    directory.gateway(journal={"keep": 2})
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    for count in range(1, 5):
        alpha.negotiate(gateway)
        gateway.until(lambda: gateway.status()["journal"]["records"] == count)
        gateway.signal(signal.SIGUSR1)
        gateway.until(lambda: gateway.status()["journal"]["set_aside"] == count)
    ids = [record["id"] for record in lines(state)]
    assert len(list(state.glob("decisions-*.jsonl"))) == len(ids) == 2
    assert [record["input"]["peer"]["history"]["attempts"] for record in lines(state)] == [2, 3]


def test_file_moved_away_by_somebody_else_is_begun_again(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    alpha.negotiate(gateway)
    wait_for(gateway, state, 1)
    (state / "decisions.jsonl").rename(state / "rotated")
    gateway.signal(signal.SIGUSR1)
    gateway.until((state / "decisions.jsonl").exists)
    alpha.negotiate(gateway)
    assert len(wait_for(gateway, state, 1)) == 1
    assert len((state / "rotated").read_text().splitlines()) == 1


def test_file_that_is_removed_is_begun_again_by_itself(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    for _ in range(3):
        alpha.negotiate(gateway)
        assert len(wait_for(gateway, state, 1)) == 1
        (state / "decisions.jsonl").unlink()


def test_state_directory_that_is_removed_is_a_failure(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    alpha.negotiate(gateway)
    wait_for(gateway, state, 1)
    shutil.rmtree(state)
    alpha.negotiate(gateway)
    gateway.until(lambda: gateway.status()["journal"]["failing"])
    assert gateway.status()["journal"]["records"] == 1


def test_full_disk_is_said_and_survived(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    gateway = recorded()
    limit = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (MIB, limit[1]))
    negotiate_often(alpha, gateway)
    gateway.until(lambda: gateway.status()["journal"]["failing"])
    assert gateway.metrics()["parley_journal_failing"] == 1
    assert len(lines(state)) < MANY
    resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, limit)
    assert gateway.logs("journal does not get on")
    gateway.until(lambda: gateway.status()["journal"]["records"] == ALL)
    assert gateway.status()["journal"]["failing"] is False
    assert len(lines(state)) == ALL
    assert gateway.metrics()["parley_journal_records_total"] == ALL
    assert gateway.metrics()['parley_journal_lost_total{reason="write"}'] == 0


def test_journal_without_a_state_directory_or_switched_off_says_so(directory, start, recorded, state):
    directory.gateway(journal={"enabled": False})
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    assert gateway.status()["journal"]["on"] is False
    assert "enabled = false" in gateway.status()["journal"]["why"]
    assert alpha.negotiate(gateway).status == 200
    directory.gateway(journal={"enabled": True})
    assert gateway.reload()[0] == 200
    assert alpha.negotiate(gateway).status == 200
    assert len(wait_for(gateway, state, 1)) == 1
    assert "recorded" in parleyctl("--socket", gateway.socket, "status").stdout


def test_no_key_is_in_the_journal_and_it_is_not_for_everybody(directory, recorded, state):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = recorded()
    alpha.negotiate(gateway)
    wait_for(gateway, state, 1)
    file = state / "decisions.jsonl"
    assert file.stat().st_mode & 0o027 == 0
    text = file.read_text()
    assert "PRIVATE" not in text and "BEGIN" not in text
    key = (directory.policies / "certs/gateway.key").read_text().splitlines()[1]
    assert key not in text


def test_link_in_the_place_of_the_file_is_refused(directory, start, state):
    state.mkdir(mode=0o700)
    (state / "decisions.jsonl").symlink_to("/dev/full")
    with pytest.raises(AssertionError, match="journal: cannot open 'decisions.jsonl'"):
        start("--state", str(state))


# --- what a peer did wrong, and what an operator switched


def strikes(gateway, name="alpha"):
    return gateway.partner(name)["strikes_last_hour"]


def test_mistakes_of_the_peer_are_counted_and_opinions_are_not(directory, start):
    alpha = directory.partner("alpha", "001-01", select(
        'return sepp.reject("%d strikes", peer.history.strikes)'))
    gateway = start()
    assert alpha.negotiate(gateway).status == 403
    assert strikes(gateway) == 0
    assert alpha.negotiate(gateway, b"{").status == 400
    assert alpha.negotiate(gateway, sender="sepp.5gc.mnc001.mcc262.3gppnetwork.org").status == 403
    assert alpha.negotiate(gateway, plmnIdList=[{"mcc": "310", "mnc": "99"}]).status == 403
    assert alpha.negotiate(gateway, targetPlmnId={"mcc": "310", "mnc": "99"}).status == 403
    assert alpha.negotiate(
        gateway, intendedUsagePurpose=[{"usagePurpose": "SMS_INTERCONNECT"}]).status == 403
    assert strikes(gateway) == 5
    assert alpha.negotiate(gateway).status == 403
    assert gateway.logs("5 strikes")
    assert strikes(gateway) == 5


def test_requests_over_the_limit_are_strikes(directory, start):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST, limits={"handshakes_per_minute": 1})
    gateway = start()
    assert [alpha.negotiate(gateway).status for _ in range(3)] == [200, 429, 429]
    assert strikes(gateway) == 2


MAINTENANCE = select("""if peer.flags["maintenance"] then
    return sepp.defer(60, "maintenance")
  end
  return sepp.select(sepp.TLS)""")


def test_flag_changes_what_policies_see_until_it_is_switched_off(directory, start):
    alpha = directory.partner("alpha", "001-01", MAINTENANCE)
    gateway = start()
    ctl = ("--socket", gateway.socket, "flag", "alpha")
    assert alpha.negotiate(gateway).status == 200
    assert parleyctl(*ctl, "maintenance", "on").stdout == "maintenance\n"
    assert alpha.negotiate(gateway).status == 503
    assert gateway.reload()[0] == 200
    assert alpha.negotiate(gateway).status == 503
    assert gateway.partner("alpha")["flags"] == ["maintenance"]
    assert "[maintenance]" in parleyctl("--socket", gateway.socket, "partners").stdout
    assert parleyctl(*ctl).stdout == "maintenance\n"
    assert parleyctl(*ctl, "maintenance", "off").stdout == ""
    assert alpha.negotiate(gateway).status == 200
    assert gateway.logs("alpha: flag switched on")


def test_flag_that_cannot_be_says_what_to_write(directory, start):
    directory.partner("alpha", "001-01", MAINTENANCE)
    gateway = start()
    ctl = ("--socket", gateway.socket, "flag")
    done = parleyctl(*ctl, "alhpa", "maintenance", "on")
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is no partner 'alhpa' (did you mean 'alpha'?)" in done.stderr
    assert "did you mean 'alpha'" in parleyctl(*ctl, "alhpa").stderr
    assert "a-z, 0-9" in parleyctl(*ctl, "alpha", "Maintenance", "on").stderr
    assert parleyctl(*ctl, "alpha", "maintenance").returncode == 2
    assert parleyctl(*ctl, "alpha", "maintenance", "yes").returncode == 2
    assert gateway.partner("alpha")["flags"] == []


def test_flag_is_not_set_over_tcp(directory, start):
    directory.gateway(admin={"listen": "127.0.0.1:0"})
    directory.partner("alpha", "001-01", MAINTENANCE)
    gateway = start()
    connection = http.client.HTTPConnection(gateway.ready["admin"], timeout=10)
    connection.request("POST", "/v1/flag?partner=alpha&name=maintenance&on=1")
    assert connection.getresponse().status == 403
    connection.close()
    assert gateway.partner("alpha")["flags"] == []


# --- a worker that does not come back


def test_worker_that_does_not_come_back_ends_the_process_with_a_word(directory, recorded, state):
    directory.gateway(budgets={"fuel": 1000000000, "wall_ms": 10000})
    alpha = directory.partner("alpha", "001-01", select("while true do end"))
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    gateway = recorded()
    assert beta.negotiate(gateway).status == 200
    digest = gateway.status()["digest"][:12]
    with alpha.connect(gateway) as connection:
        connection.start("POST", CAPABILITY_PATH, JSON_HEADERS, alpha.body())
        assert gateway.wait(10) == -signal.SIGABRT
    last = gateway.log().splitlines()[-1]
    assert re.fullmatch(r"error policy alpha: a worker does not come back from a decision, the "
                        rf"process ends hook=select_capability digest={digest} "
                        r"decision=[0-9a-f-]{22} msec=\d+", last), last
    assert 2000 <= int(last.rsplit("=", 1)[1]) < 4000
    assert [record["partner"] for record in lines(state)] == ["beta"]


def test_process_that_was_stopped_goes_on(directory, start):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    gateway = start()
    gateway.signal(signal.SIGSTOP)
    assert os.waitid(os.P_PID, gateway.process.pid, os.WSTOPPED | os.WNOWAIT).si_status
    gateway.signal(signal.SIGCONT)
    assert alpha.negotiate(gateway).status == 200
