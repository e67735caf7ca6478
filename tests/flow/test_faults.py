# SPDX-License-Identifier: MIT
"""What fails around a gateway: each fault is seen by its operator, costs no agreement, and is over.

Here: name servers, descriptors, memory, and decisions that do not end.  The wall clock is in
test_faults_clock.py, disks are in test_faults_disk.py.  Shown elsewhere:

- test_policies.py: policies that loop, hoard or search for too long fail for their own partner only;
- test_journal.py: the watchdog's last words when Lua itself does not come back, and a process that
  was stopped; unit/test_sepp_watchdog.c: what counts as stuck;
- test_shares.py: who is turned away under load, strangers first and then by tier;
- test_process.py: a full queue of the admin socket;
- unit/test_net_resolve.c: what a name server may answer.
"""

import pathlib
import re
import resource
import signal

import pytest

from lib.directory import FOLLOW_THE_INITIATOR, KEEP, PRINS_FIRST, TLS_FIRST, select, suites
from lib.dns import DnsServer
from lib.gateway import parleyctl
from lib.peer import CAPABILITY_PATH, JSON_HEADERS
from lib.preload import compiled, environment, sanitizers
from lib.waiting import SLOWNESS, elapsed
from lib.wire import Refused, Wire

HOOKS = FOLLOW_THE_INITIATOR + KEEP + suites()
HOST, OTHER = "n32.example.org", "other.example.org"
QUICK = {"first_s": 0.1, "cap_s": 1}
A_WHILE_S = 1.5


@pytest.fixture
def dns(directory):
    """A name server, which knows one host, and which the gateway asks."""
    with DnsServer() as server:
        server.add(HOST, "A", "127.0.0.1", ttl=1)
        server.add(OTHER, "A", "127.0.0.1", ttl=1)
        directory.gateway(workers=1, retry=QUICK, timeouts={"resolve_s": 10},
                          dns={"servers": [server.address], "timeout_s": 1, "tries": 1})
        yield server


def by_name(directory, sepp, host=HOST):
    """Has the gateway look the partner up."""
    directory.partner_file(sepp.peer.name, sepp.peer.plmn, HOOKS, initiate=True,
                           address=f"{host}:{sepp.port}")


def in_tls(scripted, name, plmn):
    """A partner with an address, whose SEPP prefers TLS."""
    return scripted(name, plmn, TLS_FIRST, sepp={"prefers": ("TLS", "PRINS")})


def waits(gateway, seconds=A_WHILE_S):
    """Lets time pass in which nothing is to happen."""
    assert not gateway.has_ended(seconds)


# --- name servers


def test_dead_name_servers_are_named_and_cost_no_agreement(directory, dns, scripted, start):
    alpha, beta = scripted("alpha", "001-01"), in_tls(scripted, "beta", "262-01")
    by_name(directory, alpha)
    gateway = start()
    gateway.agrees("alpha", "beta")
    before = gateway.contexts("alpha")
    dns.silent = True
    assert gateway.reload()[0] == 200  # which forgets what was found
    done = gateway.ctl("negotiate", "alpha")
    assert done.returncode == 1 and "the name servers do not answer" in done.stdout + done.stderr
    assert gateway.logs(f"cannot find \\'{HOST}\\': the name servers do not answer")
    assert gateway.metrics()['parley_attempts_total{outcome="failed"}'] >= 1
    gateway.until(lambda: f"cannot find '{HOST}'" in gateway.partner("alpha")["out"]["reason"])
    assert gateway.has_in_force("alpha") and gateway.contexts("alpha") == before
    assert gateway.command("negotiate", "beta")["state"] == "agreed_tls"
    assert alpha.peer.negotiate(gateway, capabilities=["PRINS"]).status == 200
    count = len(alpha.of_path(CAPABILITY_PATH))
    dns.silent = False
    alpha.wait_requests(count + 1, CAPABILITY_PATH)  # of its own accord
    gateway.agrees("alpha")


def test_slow_name_servers_hold_up_nobody_else(directory, dns, scripted, start):
    dns.delay_s = 2 * SLOWNESS
    directory.gateway(dns={"servers": [dns.address], "timeout_s": 20, "tries": 1})
    slow = [scripted("alpha", "001-01"), scripted("gamma", "310-01")]
    by_name(directory, slow[0])
    by_name(directory, slow[1], OTHER)
    beta = in_tls(scripted, "beta", "262-01")
    since = elapsed()
    gateway = start()
    dns.wait_for(HOST)
    dns.wait_for(OTHER)  # both at a time
    gateway.agrees("beta")
    assert {gateway.partner(name)["out"]["state"] for name in ("alpha", "gamma")} == {"resolving"}
    assert beta.peer.negotiate(gateway).status == 200
    assert slow[0].peer.negotiate(gateway).status == 200
    assert since() < dns.delay_s
    for sepp in slow:
        sepp.wait_requests(1, CAPABILITY_PATH)
    assert dns.delay_s < since() < 2 * dns.delay_s
    gateway.agrees("alpha", "gamma")


# --- descriptors


ROOM = 64


def calls(gateway, count):
    return [Wire(gateway.address) for _ in range(count)]


def refusals(gateway):
    return gateway.metrics()["parley_connections_not_accepted_total"]


def said(gateway, text):
    return gateway.log().count(text)


def test_connections_that_take_all_descriptors_leave_room_for_the_rest(directory, scripted, start):
    directory.gateway(limits={"address_connections": 0}, timeouts={"handshake_s": 60}, retry=QUICK)
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    in_tls(scripted, "beta", "262-01")
    gateway = start(within=("prlimit", f"--nofile={ROOM}:{ROOM}"))
    gateway.agrees("beta")
    with alpha.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        taken = calls(gateway, ROOM)
        gateway.until(lambda: refusals(gateway) > 0)
        before, cpu, since = refusals(gateway), gateway.cpu_s(), elapsed()
        gateway.until(lambda: refusals(gateway) >= before + 5)
        assert gateway.cpu_s() - cpu < 0.3 * since() + 0.1 * SLOWNESS
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        assert parleyctl("--socket", gateway.socket, "status").returncode == 0
        assert gateway.command("negotiate", "beta")["state"] == "agreed_tls"  # dialled by us
        assert gateway.reload()[0] == 200
        assert 1 <= said(gateway, "cannot accept connections error=") <= 2  # one of each worker
        for wire in taken:
            wire.close()
        gateway.until(lambda: gateway.status()["connections"]["handshaking"] == 0)
        assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
        assert kept.is_alive() and gateway.has_in_force("beta")


def test_gateway_without_any_descriptor_waits_and_does_not_spin(directory, start):
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    gateway = start()
    with alpha.connect(gateway) as kept:
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        usual = resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, (4, usual[1]))
        waiting = calls(gateway, 20)
        with pytest.raises(OSError):
            gateway.admin("GET", "/v1/status", timeout=0.5)
        cpu, since = gateway.cpu_s(), elapsed()
        waits(gateway)
        assert gateway.cpu_s() - cpu < 0.2 * since()
        assert kept.negotiate(capabilities=["PRINS"]).status == 200
        assert said(gateway, "cannot accept connections error=") <= 2
        resource.prlimit(gateway.process.pid, resource.RLIMIT_NOFILE, usual)
        gateway.until(lambda: gateway.state("alpha") == "agreed_prins")
        for wire in waiting:
            wire.close()
        assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200 and kept.is_alive()


# --- memory


@pytest.mark.skipif(bool(sanitizers()), reason="a sanitizer needs all addresses there are")
def test_memory_that_runs_out_ends_the_process_with_a_word_and_no_agreement(directory, start,
                                                                            tmp_path):
    alpha = directory.partner("alpha", "001-01", PRINS_FIRST + KEEP)
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    state = ("--state", str(tmp_path / "state"))
    gateway = start(*state)
    assert alpha.negotiate(gateway, capabilities=["PRINS"]).status == 200
    assert beta.negotiate(gateway).status == 200
    gateway.until(lambda: gateway.status()["store"]["written"] == 2)
    status = pathlib.Path(f"/proc/{gateway.process.pid}/status").read_text()
    size = int(re.search(r"VmSize:\s+(\d+)", status)[1]) << 10
    resource.prlimit(gateway.process.pid, resource.RLIMIT_AS, (size, size))
    taken = []
    while not gateway.has_ended():
        try:
            taken.append(alpha.connect(gateway))
            taken[-1].negotiate(capabilities=["PRINS"])
        except (Refused, OSError):
            pass
    assert gateway.wait() == -signal.SIGABRT
    assert re.fullmatch(r"error base mem: out of memory bytes=\d+", gateway.log().splitlines()[-1])
    again = start(*state)
    assert again.status()["store"]["loaded"] == 2
    assert again.has_in_force("alpha") and again.has_in_force("beta")
    assert beta.negotiate(again).status == 200


# --- decisions that do not end


STUCK = """double pow(double x, double y)
{
	while (y == 0.4242)
		__asm__ volatile("");
	return x == 1 ? 1 : 0;
}
"""
TARGET = {"mcc": "999", "mnc": "70"}


def test_decision_that_is_stuck_in_a_library_costs_no_agreement(directory, start, tmp_path):
    alpha = directory.partner("alpha", "001-01", select("""if request.target_plmn then
    return sepp.reject("%s", (#request.sender) ^ 0.4242)
  end
  return sepp.select(sepp.TLS)"""))
    beta = directory.partner("beta", "262-01", TLS_FIRST)
    state = ("--state", str(tmp_path / "state"))
    gateway = start(*state, environment=environment(compiled(tmp_path, STUCK)))
    assert (alpha.negotiate(gateway).status, beta.negotiate(gateway).status) == (200, 200)
    with alpha.connect(gateway) as connection:
        connection.start("POST", CAPABILITY_PATH, JSON_HEADERS, alpha.body(targetPlmnId=TARGET))
        assert gateway.wait(10) == -signal.SIGABRT
    last = gateway.log().splitlines()[-1]
    assert last.startswith("error policy alpha: a worker does not come back from a decision")
    lines = (tmp_path / "state/decisions.jsonl").read_text().splitlines()
    assert ['"partner":"alpha"' in line or '"partner":"beta"' in line for line in lines] == [True] * 2
    again = start(*state)
    assert again.has_in_force("alpha") and again.has_in_force("beta")
    assert alpha.negotiate(again, targetPlmnId=TARGET).status == 403
    assert (alpha.negotiate(again).status, beta.negotiate(again).status) == (200, 200)
