# SPDX-License-Identifier: MIT
"""The process: its ready line, its signals, its socket, and the files that it will not read."""

import os
import re
import signal
import socket
import stat
import subprocess

import pytest

from lib.directory import KEEP, TLS_FIRST
from lib.frames import data, frames
from lib.gateway import Gateway, parleyctl
from lib.waiting import elapsed
from lib.wire import Refused, Wire


@pytest.fixture
def alpha(directory):
    return directory.partner("alpha", "001-01", TLS_FIRST + KEEP)


def refusal_to_start(directory):
    """What a gateway says that does not start."""
    gateway = Gateway(directory).spawn()
    assert gateway.wait() not in (0, None)
    assert gateway.ready is None
    return gateway.log()


def half_a_request(peer, gateway):
    """A connection with a request under way that the gateway has seen."""
    connection = frames(peer, gateway)
    body = peer.body()
    connection.send(connection.headers(1), data(1, body[:10]))
    assert connection.answers_ping()
    return connection, data(1, body[10:], end=True)


def test_ready_line_says_where_it_listens(directory, start):
    gateway = start()
    assert gateway.ready["ready"] is True
    assert gateway.ready["pid"] == gateway.process.pid
    assert gateway.ready["generation"] == 1
    assert gateway.ready["admin"] is None
    assert gateway.ready["socket"] == str(gateway.socket)
    assert gateway.ready["digest"] == gateway.status()["digest"]
    host, port = gateway.address.rsplit(":", 1)
    assert host == "127.0.0.1" and int(port) > 0


def test_ready_line_names_every_listener(directory, alpha, start):
    directory.gateway(n32c={"listen": ["127.0.0.1:0", "127.0.0.1:0"]})
    gateway = start()
    assert len(set(gateway.ready["n32c"])) == 2
    for gateway.address in gateway.ready["n32c"]:
        assert alpha.negotiate(gateway).status == 200


def test_old_lua_library_is_warned_about(start):
    """Debian 12 has 5.4.4; with 5.4.7 or newer there is nothing to say."""
    version = subprocess.run(["lua5.4", "-v"], capture_output=True, text=True, check=True).stdout
    old = tuple(int(n) for n in re.search(r"5\.4\.\d+", version)[0].split(".")) < (5, 4, 7)
    gateway = start()
    gateway.logs("ready generation")
    assert ("the Lua library is 5.4." in gateway.log()) == old


def test_gateway_without_partners_starts(start):
    assert start().partners() == {}


def test_admin_socket_is_for_its_owner_only(start):
    mode = os.stat(start().socket).st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600


def test_admin_socket_is_gone_after_the_end(start):
    gateway = start()
    gateway.stop()
    assert not gateway.socket.exists()


def test_socket_that_a_killed_process_left_is_replaced(directory, start):
    first = start()
    first.process.kill()
    first.wait()
    assert first.socket.exists()
    second = Gateway(directory)
    second.socket = first.socket
    with second:
        assert second.status()["pid"] == second.process.pid


def test_sigterm_ends_an_idle_gateway_with_0(start):
    gateway = start()
    gateway.signal(signal.SIGTERM)
    assert gateway.wait(5) == 0


def test_sigterm_closes_kept_connections_gracefully(alpha, start):
    gateway = start()
    with alpha.connect(gateway) as connection:
        assert connection.negotiate(capabilities=["PRINS"]).status == 200
        gateway.signal(signal.SIGTERM)
        assert connection.wait_for_goaway() == 0
        assert connection.wait_for_end() == "fin"
        assert connection.wire.notified
    assert gateway.wait() == 0


def test_sigterm_lets_a_request_finish(directory, alpha, start):
    directory.gateway(timeouts={"drain_s": 20, "body_s": 20})
    gateway = start()
    connection, rest = half_a_request(alpha, gateway)
    with connection:
        gateway.signal(signal.SIGTERM)
        goaway = connection.wait_for_goaway()
        assert goaway is not None and goaway.error_code == 0
        connection.send(rest)
        assert connection.wait(1).status == 200
        connection.wait_for_end()
    assert gateway.wait() == 0


def test_draining_gateway_accepts_nobody(directory, alpha, start):
    directory.gateway(timeouts={"drain_s": 20, "body_s": 20}, workers=1)  # another may hear of it later
    gateway = start()
    connection, rest = half_a_request(alpha, gateway)
    with connection:
        gateway.signal(signal.SIGTERM)
        assert connection.wait_for_goaway() is not None
        with pytest.raises((OSError, Refused)):
            with Wire(gateway.address) as wire:
                wire.handshake(alpha.context(), gateway.fqdn)
        connection.send(rest)
        assert connection.wait(1).status == 200
    assert gateway.wait() == 0


def test_drain_ends_after_its_time(directory, alpha, start):
    directory.gateway(timeouts={"drain_s": 1, "body_s": 60})
    gateway = start()
    connection, _ = half_a_request(alpha, gateway)
    with connection:
        gateway.signal(signal.SIGTERM)
        assert gateway.wait(5) == 0


def test_second_sigterm_ends_at_once(directory, alpha, start):
    directory.gateway(timeouts={"drain_s": 60, "body_s": 60})
    gateway = start()
    connection, _ = half_a_request(alpha, gateway)
    with connection:
        gateway.signal(signal.SIGTERM)
        assert connection.wait_for_goaway() is not None
        since = elapsed()
        gateway.signal(signal.SIGTERM)
        gateway.wait(5)
        assert since() < 3


@pytest.mark.parametrize("path", ["gateway.lua", "partners/alpha.lua", "default.lua",
                                  "anchors/alpha.pem"])
@pytest.mark.parametrize("mode", [0o666, 0o664])
def test_file_that_others_may_write_is_refused(directory, alpha, path, mode):
    os.chmod(directory.policies / path, mode)
    assert path in refusal_to_start(directory)


@pytest.mark.parametrize("mode", [0o666, 0o644, 0o640])
def test_key_that_others_may_read_is_refused(directory, alpha, mode):
    os.chmod(directory.policies / "certs/gateway.key", mode)
    assert "certs/gateway.key" in refusal_to_start(directory)


def test_file_that_others_may_write_is_refused_at_reload(directory, alpha, start):
    gateway = start()
    os.chmod(directory.policies / "partners/alpha.lua", 0o666)
    status, answer = gateway.reload()
    assert status == 409
    assert "partners/alpha.lua" in answer["error"]
    assert alpha.negotiate(gateway).status == 200


def test_symbolic_link_is_refused(directory, alpha):
    target = directory.root / "elsewhere.lua"
    path = directory.policies / "partners/alpha.lua"
    path.rename(target)
    path.symlink_to(target)
    assert "partners/alpha.lua" in refusal_to_start(directory)


def test_missing_directory_is_refused(directory):
    directory.policies = directory.root / "nowhere"
    assert "nowhere" in refusal_to_start(directory)


def test_missing_gateway_file_is_refused(directory):
    directory.remove("gateway.lua")
    assert "gateway.lua" in refusal_to_start(directory)


def test_key_of_another_certificate_is_refused(directory):
    directory.home.issue([directory.fqdn], directory.root / "x.pem",
                         directory.policies / "certs/gateway.key")
    log = refusal_to_start(directory)
    assert "gateway.key" in log or "gateway.pem" in log


def test_two_anchors_for_one_plmn_are_refused(directory, alpha):
    directory.partner("beta", "001-01", TLS_FIRST, hosts=["sepp2"], roots="another CA")
    log = refusal_to_start(directory)
    assert "anchors" in log and "partners/alpha.lua" in log and "partners/beta.lua" in log


def test_name_that_two_partners_claim_is_refused(directory, alpha):
    directory.partner_file("beta", "001-01", anchors="anchors/alpha.pem")
    log = refusal_to_start(directory)
    assert "partners/beta.lua" in log and alpha.fqdn in log


MISTAKES = {
    "an_unknown_hook": "function partner.select_capabilty(request, peer) end",
    "a_hook_that_is_no_function": "partner.select_capability = 5",
    "an_undefined_name": "print(1)",
    "a_string_for_a_constant": "local x = sepp.TLSS",
    "a_global": "leak = 1",
    "a_body_that_loops": "while true do end",
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_policy_with_a_mistake_is_refused_with_file_and_line(directory, mistake):
    directory.partner("alpha", "001-01", MISTAKES[mistake])
    assert re.search(r"partners/alpha\.lua:\d+: ", refusal_to_start(directory))


def test_partner_that_follows_nobody_is_refused(directory):
    directory.partner("alpha", "001-01", follows="nobody")
    log = refusal_to_start(directory)
    assert "partners/alpha.lua" in log and "nobody" in log


def test_no_key_or_body_is_logged(alpha, start):
    gateway = start()
    marker = "cd0c0d0e-secret"
    alpha.negotiate(gateway, x=marker)
    gateway.stop()  # whatever was to be written is written
    assert "negotiated" in gateway.log()
    assert "PRIVATE KEY" not in gateway.log()
    assert marker not in gateway.log()


def test_parleyctl_status_and_partners_tell_what_the_gateway_knows(alpha, start):
    gateway = start()
    assert alpha.negotiate(gateway).status == 200
    status = parleyctl("--socket", gateway.socket, "status")
    assert status.returncode == 0, status.stderr
    assert gateway.status()["digest"][:12] in status.stdout
    partners = parleyctl("--socket", gateway.socket, "partners")
    assert partners.returncode == 0, partners.stderr
    assert "alpha" in partners.stdout and "agreed_tls" in partners.stdout


def test_parleyctl_reload_says_why_it_is_refused(directory, alpha, start):
    gateway = start()
    assert parleyctl("--socket", gateway.socket, "reload").returncode == 0
    assert gateway.status()["generation"] == 2
    directory.write("partners/alpha.lua", "return nothing")
    refused = parleyctl("--socket", gateway.socket, "reload")
    assert refused.returncode == 1
    assert "partners/alpha.lua:" in refused.stdout + refused.stderr


def test_parleyctl_takes_the_socket_from_its_environment(start, monkeypatch):
    monkeypatch.setenv("PARLEY_SOCKET", str(start().socket))
    assert parleyctl("status").returncode == 0


def test_parleyctl_without_gateway_fails_with_1(directory):
    result = parleyctl("--socket", directory.root / "nobody.sock", "status")
    assert result.returncode == 1
    assert "nobody.sock" in result.stderr


@pytest.mark.parametrize("arguments", [[], ["--nonsense"], ["nonsense"], ["check"]])
def test_parleyctl_used_wrongly_fails_with_2(arguments):
    result = parleyctl(*arguments)
    assert result.returncode == 2
    assert result.stderr


def test_parleyctl_check_accepts_a_directory_that_loads(directory, alpha):
    result = parleyctl("check", directory.policies)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize("text", ["return 1", "local x = = 1",
                                  "local p = sepp.partner { api = 1, nmae = 'x' }\nreturn p"])
def test_parleyctl_check_fails_with_3_and_says_where(directory, alpha, text):
    directory.write("partners/alpha.lua", text)
    result = parleyctl("check", directory.policies)
    assert result.returncode == 3, result.stdout + result.stderr
    assert "partners/alpha.lua" in result.stdout + result.stderr


def test_socket_of_a_busy_gateway_is_not_taken_from_it(directory, alpha, start):
    gateway = start()
    file, waiting = gateway.socket.stat(), []
    gateway.signal(signal.SIGSTOP)
    try:
        with pytest.raises(BlockingIOError):
            while True:
                waiting.append(socket.socket(socket.AF_UNIX))
                waiting[-1].setblocking(False)
                waiting[-1].connect(str(gateway.socket))
        other = Gateway(directory)
        other.socket = gateway.socket
        assert other.spawn().wait() not in (0, None)
        assert "another parleyd answers" in other.log()
    finally:
        for one in waiting:
            one.close()
        gateway.signal(signal.SIGCONT)
    assert gateway.socket.stat().st_ino == file.st_ino
