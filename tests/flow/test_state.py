# SPDX-License-Identifier: MIT
"""What outlives the process: the state directory, and the generation that is kept in it."""

import os
import pathlib
import stat

import pytest

from lib.directory import KEEP, PRINS_FIRST, TLS_FIRST
from lib.gateway import Gateway, parleyctl

BROKEN = "local partner = sepp.partner {\n  api = 1,\n  nmae = \"alpha\",\n}\nreturn partner\n"
LAST_GOOD = ("--policy-fallback", "last-good")

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


@pytest.fixture
def alpha(directory):
    return directory.partner("alpha", "001-01", TLS_FIRST + KEEP)


@pytest.fixture
def state(directory):
    return directory.root / "state"


def selected(gateway, peer):
    response = peer.negotiate(gateway, capabilities=["TLS", "PRINS"])
    assert response.status == 200, str(response)
    return response.json()["selectedSecCapability"]


def reloaded(directory, gateway, hooks=PRINS_FIRST + KEEP):
    directory.partner_file("alpha", "001-01", hooks)
    status, answer = gateway.reload()
    assert status == 200, answer


def refusal(directory, *arguments):
    """The exit code and the log of a gateway that does not start."""
    gateway = Gateway(directory, *arguments).spawn()
    return gateway.wait(), gateway.log()


def kept_digest(state):
    return (state / "last-good").read_bytes().split(b"\n")[1].split()[1].decode()


def broken_after(directory, start, state, hooks=TLS_FIRST + KEEP):
    """A directory that is broken since a gateway ran on it and kept it.  Returns its digest."""
    gateway = start("--state", state)
    if hooks != TLS_FIRST + KEEP:
        reloaded(directory, gateway, hooks)
    digest = gateway.status()["digest"]
    gateway.stop()
    directory.write("partners/alpha.lua", BROKEN)
    return digest


# --- the directory

def test_state_directory_is_made_for_the_daemon_alone(alpha, start, state):
    gateway = start("--state", state)
    assert stat.S_IMODE(state.stat().st_mode) == 0o700
    assert {file.name for file in state.iterdir()} == {
        "last-good", "decisions.jsonl", "parley.db", "parley.db-wal", "parley.db-shm"}
    assert {stat.S_IMODE(file.stat().st_mode) for file in state.glob("parley.db*")} == {0o600}
    assert stat.S_IMODE((state / "last-good").stat().st_mode) == 0o600
    assert gateway.status()["state"]["directory"] == str(state)


@pytest.mark.parametrize("spoil, why", [
    (lambda state: state.write_text("x"), "is not a directory"),
    (lambda state: (state.mkdir(), state.chmod(0o770)), "chmod 700"),
    (lambda state: (state.mkdir(), state.chmod(0o702)), "chmod 700"),
    (lambda state: state.symlink_to("/nowhere/at/all"), "cannot open"),
])
def test_unusable_state_directory_is_refused(directory, alpha, state, spoil, why):
    spoil(state)
    code, log = refusal(directory, "--state", state)
    assert code == 1
    assert f"--state: state directory '{state}'" in log and why in log


def test_state_directory_without_a_parent_is_refused(directory, alpha, state):
    code, log = refusal(directory, "--state", state / "a/b")
    assert code == 1
    assert "cannot create it: No such file or directory" in log


@needs_root
def test_state_directory_of_another_user_is_refused(directory, alpha, state):
    state.mkdir(mode=0o700)
    os.chown(state, 12345, 12345)
    code, log = refusal(directory, "--state", state)
    assert (code, "belongs to user 12345" in log) == (1, True)


def test_state_directory_in_use_is_refused(directory, alpha, start, state):
    start("--state", state)
    code, log = refusal(directory, "--state", state)
    assert (code, "another parleyd uses it" in log) == (1, True)


@pytest.mark.skipif(os.path.exists("/var/lib/parley"), reason="this machine has the default one")
def test_without_the_usual_directory_nothing_is_kept(alpha, start):
    gateway = start()
    assert gateway.logs("nothing is kept over a restart; write --state DIR")
    assert gateway.status()["state"] is None
    assert "nothing is kept over a restart" in parleyctl("--socket", gateway.socket,
                                                         "status").stdout


@needs_root
def test_state_directory_belongs_to_the_user_that_the_daemon_becomes(directory, alpha, state):
    gateway = Gateway(directory, "--state", str(state), "--user", "nobody")
    pathlib.Path(gateway.folder.name).chmod(0o777)
    with gateway:
        assert gateway.status()["state"]["error"] == ""
        owners = {path.stat().st_uid for path in (state, state / "last-good")}
        assert owners == {os.stat(f"/proc/{gateway.process.pid}").st_uid} != {0}


# --- what is kept

def test_every_activation_is_kept(directory, alpha, start, state):
    gateway = start("--state", state)
    first = gateway.status()["digest"]
    assert kept_digest(state) == first
    reloaded(directory, gateway)
    second = gateway.status()["digest"]
    assert kept_digest(state) == second != first
    directory.write("partners/alpha.lua", BROKEN)
    assert gateway.reload()[0] == 409
    assert kept_digest(state) == second
    assert gateway.rollback()[0] == 200
    assert kept_digest(state) == first
    assert gateway.status()["state"]["generation"] == 1
    assert gateway.metrics()["parley_generation_is_on_disk"] == 1


def test_private_key_is_not_kept(directory, alpha, start, state):
    start("--state", state)
    kept = (state / "last-good").read_bytes()
    key = (directory.policies / "certs/gateway.key").read_bytes()
    assert b"PRIVATE KEY" not in kept
    assert not any(line in kept for line in key.splitlines()[1:3])  # behind them, it is public
    assert (directory.policies / "certs/gateway.pem").read_bytes() in kept


def test_failure_to_keep_is_told_and_in_nobodys_way(directory, alpha, start, state):
    gateway = start("--state", state)
    (state / ".last-good.new").mkdir()
    reloaded(directory, gateway)
    assert selected(gateway, alpha) == "PRINS"
    told = gateway.status()["state"]
    assert (told["generation"], told["failures"]) == (1, 1)
    assert "last-good" in told["error"]
    assert gateway.logs("error sepp -: generation 2 is not kept over a restart: cannot write")
    assert gateway.metrics()["parley_generation_is_on_disk"] == 0
    assert gateway.metrics()["parley_generation_write_failures_total"] == 1
    assert "NOT WRITTEN" in parleyctl("--socket", gateway.socket, "status").stdout
    (state / ".last-good.new").rmdir()
    gateway.until(lambda: gateway.status()["state"]["error"] == "")
    told = gateway.status()["state"]
    assert (told["generation"], told["failures"]) == (2, 1)
    assert gateway.logs("info sepp -: generation 2 is kept over a restart after all")


def test_numbers_go_on_after_a_restart(directory, alpha, start, state):
    gateway = start("--state", state)
    reloaded(directory, gateway)
    assert gateway.rollback()[1]["generation"] == 1
    gateway.stop()
    assert start("--state", state).status()["generation"] == 3


def test_what_cannot_be_read_is_in_nobodys_way_of_a_good_directory(alpha, start, state):
    state.mkdir(mode=0o700)
    (state / "last-good").write_text("torn")
    gateway = start("--state", state, *LAST_GOOD)
    assert (gateway.status()["generation"], gateway.status()["why"]) == (1, "start")
    assert kept_digest(state) == gateway.status()["digest"]


# --- a broken directory at start

def test_broken_directory_is_refused_unless_told_otherwise(directory, alpha, start, state):
    broken_after(directory, start, state)
    for arguments in ((), ("--policy-fallback", "refuse")):
        code, log = refusal(directory, "--state", state, *arguments)
        assert (code, "partners/alpha.lua:" in log) == (3, True)


def test_last_good_generation_serves(directory, alpha, start, state):
    digest = broken_after(directory, start, state, PRINS_FIRST + KEEP)
    gateway = start("--state", state, *LAST_GOOD)
    status = gateway.status()
    assert (status["digest"], status["generation"]) == (digest, 2)
    assert status["why"] == "fallback: last-good"
    assert "partners/alpha.lua:" in status["policy_fallback"]
    status, text = gateway.admin("GET", "/readyz")
    assert status == 200
    assert text.startswith("ready\ndegraded: policies: the directory was refused: partners/alpha.lua:")
    assert gateway.metrics()["parley_policy_fallback"] == 1
    assert gateway.logs("error sepp -: the directory is refused, the last good generation 2 is")
    assert selected(gateway, alpha) == "PRINS"


def test_fallback_ends_with_a_good_reload(directory, alpha, start, state):
    broken_after(directory, start, state)
    gateway = start("--state", state, *LAST_GOOD)
    assert gateway.reload()[0] == 409
    assert gateway.metrics()["parley_policy_fallback"] == 1
    reloaded(directory, gateway)
    assert gateway.status()["generation"] == 2
    assert gateway.status()["policy_fallback"] == ""
    assert gateway.metrics()["parley_policy_fallback"] == 0
    assert selected(gateway, alpha) == "PRINS"


@pytest.mark.parametrize("path, text", [
    ("gateway.lua", "return {}"), ("default.lua", "("), ("anchors/alpha.pem", "hello\n"),
    ("certs/gateway.pem", "hello\n")])
def test_whatever_is_broken_the_last_good_one_serves(directory, alpha, start, state, path, text):
    start("--state", state).stop()
    directory.write(path, text)
    assert selected(start("--state", state, *LAST_GOOD), alpha) == "TLS"


def test_listener_that_is_no_address_is_a_broken_directory(directory, alpha, start, state):
    start("--state", state).stop()
    directory.gateway(n32c={"listen": ["nonsense:0"]})
    assert selected(start("--state", state, *LAST_GOOD), alpha) == "TLS"


def test_another_number_of_workers_does_not_matter(directory, alpha, start, state):
    broken_after(directory, start, state)
    directory.gateway(workers=1)
    gateway = start("--state", state, *LAST_GOOD)
    assert gateway.status()["workers"] == 2


def test_without_a_last_good_one_both_reasons_are_said(directory, alpha, state):
    directory.write("partners/alpha.lua", BROKEN)
    code, log = refusal(directory, "--state", state, *LAST_GOOD)
    assert code == 3
    assert "partners/alpha.lua:" in log
    assert f"no last good generation: {state}/last-good: No such file or directory" in log


def test_rotated_key_is_not_brought_back(directory, alpha, start, state):
    broken_after(directory, start, state)
    directory.renew()
    code, log = refusal(directory, "--state", state, *LAST_GOOD)
    assert code == 3
    assert "partners/alpha.lua:" in log
    assert "the private key is not the one of the certificate" in log


def test_key_that_is_gone_is_said(directory, alpha, start, state):
    broken_after(directory, start, state)
    directory.remove("certs/gateway.key")
    code, log = refusal(directory, "--state", state, *LAST_GOOD)
    assert (code, "the key is not kept and has to be in" in log) == (3, True)


@pytest.mark.parametrize("spoil, why", [
    (lambda text: text[:-1], "is torn or was altered"),
    (lambda text: text + b"\n", "is torn or was altered"),
    (lambda text: text.replace(b"sepp.TLS", b"sepp.TLX", 1), "is torn or was altered"),
    (lambda text: b"", "is not a generation that this parleyd kept"),
    (lambda text: text.replace(b"generation 1", b"generation 2", 1),
     "is not a generation that this parleyd kept"),
])
def test_altered_file_is_refused_as_a_whole(directory, alpha, start, state, spoil, why):
    broken_after(directory, start, state)
    kept = (state / "last-good").read_bytes()
    (state / "last-good").write_bytes(spoil(kept))
    code, log = refusal(directory, "--state", state, *LAST_GOOD)
    assert code == 3
    assert f"{state}/last-good: {why}" in log


def test_oversized_file_is_refused_unread(directory, alpha, start, state):
    broken_after(directory, start, state)
    with open(state / "last-good", "ab") as file:
        file.truncate((64 << 20) + 1)
    code, log = refusal(directory, "--state", state, *LAST_GOOD)
    assert (code, "is larger than 67108864 bytes" in log) == (3, True)


def test_unknown_fallback_is_wrong_usage(directory, alpha):
    assert refusal(directory, "--policy-fallback", "hope")[0] == 2
