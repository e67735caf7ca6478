# SPDX-License-Identifier: MIT
"""What the daemon has given up, seen from outside, and the lab mode in which it may keep it."""

import os
import stat

import pytest

from lib.directory import KEEP, TLS_FIRST
from lib.gateway import Gateway, parleyctl

PARTS = ("seccomp", "landlock", "capabilities")


@pytest.fixture
def alpha(directory):
    return directory.partner("alpha", "001-01", TLS_FIRST + KEEP)


@pytest.fixture
def jailed(start, tmp_path):
    """A gateway in its jail; a build with sanitizers has none, and says so."""
    gateway = start("--state", str(tmp_path / "state"))
    if "sanitizers" in gateway.status()["jail"]["why"]:
        pytest.skip("sanitizers do what the jail forbids")
    return gateway


def of_each_thread(gateway):
    """The fields of /proc/PID/task/*/status, one dictionary for each thread."""
    folder = f"/proc/{gateway.process.pid}/task"
    for thread in os.listdir(folder):
        with open(f"{folder}/{thread}/status", encoding="ascii") as file:
            yield dict(line.rstrip("\n").split(":\t", 1) for line in file)


def refusal(directory, *arguments):
    gateway = Gateway(directory, *arguments).spawn()
    assert gateway.wait() not in (0, None)
    return gateway.log()


def test_every_thread_is_in_the_jail(jailed):
    threads = list(of_each_thread(jailed))
    assert len(threads) >= 3  # control and two workers
    for thread in threads:
        assert thread["NoNewPrivs"] == "1"
        assert thread["Seccomp"] == "2"
        for held in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(thread[held], 16) == 0
        if os.geteuid() == 0:  # others cannot empty it, and need not
            assert int(thread["CapBnd"], 16) == 0


def test_process_leaves_no_core(jailed):
    if os.geteuid() != 0:  # to whom it cannot belong by itself
        assert os.stat(f"/proc/{jailed.process.pid}/mem").st_uid == 0
    with open(f"/proc/{jailed.process.pid}/limits", encoding="ascii") as file:
        core = next(line for line in file if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]


def test_nothing_that_runs_is_writable(jailed):
    with open(f"/proc/{jailed.process.pid}/maps", encoding="ascii") as file:
        modes = [line.split()[1] for line in file]
    assert not [mode for mode in modes if "w" in mode and "x" in mode]


def test_status_says_how_far_the_jail_went(jailed):
    jail = jailed.status()["jail"]
    assert jail["on"] and jail["seccomp"] and jail["capabilities"] == "none"
    assert jail["landlock"].startswith("abi ")
    assert jail["why"] == ""
    shown = parleyctl("--socket", jailed.socket, "status").stdout
    assert f"jail          seccomp on, Landlock {jail['landlock']}, capabilities none\n" in shown
    assert "LAB" not in shown


def test_metrics_say_which_walls_stand(jailed):
    metrics = jailed.metrics()
    assert [metrics[f'parley_jail{{part="{part}"}}'] for part in PARTS] == [1, 1, 1]
    assert metrics["parley_lab"] == 0


def test_jailed_gateway_reloads_rotates_and_keeps_its_state(directory, alpha, jailed, tmp_path):
    assert alpha.negotiate(jailed).status == 200
    directory.partner("beta", "001-02", TLS_FIRST)
    assert jailed.reload()[0] == 200
    assert jailed.rollback()[0] == 200
    jailed.until(lambda: jailed.status()["journal"]["records"] == 1)
    jailed.signal(10)  # SIGUSR1
    jailed.until(lambda: jailed.status()["journal"]["set_aside"] == 1)
    jailed.until(lambda: jailed.status()["store"]["written"] > 0)
    assert jailed.status()["state"]["error"] == ""
    jailed.stop()
    assert not jailed.socket.exists()
    with Gateway(directory, "--state", str(tmp_path / "state")) as again:
        assert again.status()["store"]["loaded"] == 1


def test_directory_that_was_replaced_is_not_read(directory, alpha, jailed):
    old = directory.root / "old"
    directory.policies.rename(old)
    directory.policies.mkdir()
    for path in old.iterdir():
        path.rename(directory.policies / path.name)
    status, answer = jailed.reload()
    assert status == 409
    assert "is not the one that was there at the start" in answer["error"]
    assert alpha.negotiate(jailed).status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_key_of_another_user_needs_that_user(directory):
    key = directory.policies / "certs/gateway.key"
    os.chown(key, 65534, -1)
    assert "certs/gateway.key: belongs to user 65534" in refusal(directory)
    refused = parleyctl("check", directory.policies)
    assert refused.returncode == 3 and "certs/gateway.key: belongs to user 65534" in refused.stderr
    assert parleyctl("check", "--user", "nobody", directory.policies).returncode == 0


def test_no_jail_is_for_laboratories(directory):
    assert "--no-jail: is for laboratories" in refusal(directory, "--no-jail")


def test_laboratory_may_go_without_a_jail(directory, start):
    directory.gateway(lab=True)
    gateway = start("--no-jail")
    jail = gateway.status()["jail"]
    assert not jail["on"] and not jail["seccomp"] and not jail["landlock"]
    assert jail["why"] == "--no-jail"
    assert {thread["Seccomp"] for thread in of_each_thread(gateway)} == {"0"}
    assert gateway.metrics()['parley_jail{part="seccomp"}'] == 0
    assert "JAIL          OFF: --no-jail" in parleyctl("--socket", gateway.socket, "status").stdout
    gateway.logs("NOT JAILED: --no-jail")


def test_lab_mode_is_shouted(directory, start):
    directory.gateway(lab=True)
    gateway = start()
    gateway.logs("LAB MODE: ready generation=1")
    gateway.logs("LAB MODE: no session keys are written")
    assert gateway.status()["lab"] is True
    assert gateway.metrics()["parley_lab"] == 1
    assert "LAB MODE      not for production" in parleyctl("--socket", gateway.socket,
                                                           "status").stdout
    checked = parleyctl("check", directory.policies)
    assert checked.returncode == 0
    assert "warning: lab mode is not for production" in checked.stdout


def test_lab_mode_begins_with_a_start_only(directory, start):
    gateway = start()
    directory.gateway(lab=True)
    status, answer = gateway.reload()
    assert status == 409
    assert "'lab' changed; restart parleyd" in answer["error"]


def test_laboratory_writes_session_keys(directory, alpha, start, monkeypatch):
    keys = directory.root / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    directory.gateway(lab=True)
    gateway = start()
    assert keys.read_text() == ""  # what proves a certificate is no session
    monkeypatch.delenv("SSLKEYLOGFILE")
    assert alpha.negotiate(gateway).status == 200
    lines = keys.read_text().splitlines()
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert {"CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET"} <= {
        line.split()[0] for line in lines}
    assert gateway.status()["key_log"] == str(keys)
    gateway.logs(f"LAB MODE: session keys are written to {keys}")
    assert gateway.reload()[0] == 200
    assert alpha.negotiate(gateway).status == 200
    assert len(keys.read_text().splitlines()) == 2 * len(lines)
    gateway.stop()
    assert not any(line.split()[2] in gateway.log() for line in lines)


def test_key_log_that_others_may_read_is_refused(directory, monkeypatch):
    keys = directory.root / "keys.log"
    keys.touch(mode=0o644)
    keys.chmod(0o644)
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    directory.gateway(lab=True)
    assert "SSLKEYLOGFILE: " in refusal(directory)


def test_session_keys_are_not_written_in_production(directory, alpha, start, monkeypatch):
    keys = directory.root / "keys.log"
    monkeypatch.setenv("SSLKEYLOGFILE", str(keys))
    gateway = start()
    gateway.logs("SSLKEYLOGFILE is ignored")
    monkeypatch.delenv("SSLKEYLOGFILE")
    assert alpha.negotiate(gateway).status == 200
    assert not keys.exists()
    assert gateway.status()["key_log"] is None
