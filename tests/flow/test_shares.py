# SPDX-License-Identifier: MIT
"""What one source may take before anything is known of it, and who is turned away under load."""

import socket

import pytest

from lib.directory import TLS_FIRST
from lib.gateway import parleyctl
from lib.preload import sanitizers
from lib.wire import address_of

TIMEOUT = 5.0


def call(gateway, source):
    """A TCP connection from an address of the loopback network."""
    return socket.create_connection(address_of(gateway.address), TIMEOUT, (source, 0))


def is_closed(sock):
    """Whether the gateway ends the connection before anything was said."""
    sock.settimeout(TIMEOUT)
    try:
        return sock.recv(1) == b""
    except ConnectionResetError:
        return True


def is_held(gateway, count):
    """Waits until the gateway has so many handshakes under way."""
    gateway.until(lambda: gateway.status()["connections"]["handshaking"] == count)


@pytest.fixture
def calls():
    begun = []
    yield begun
    for sock in begun:
        sock.close()


def refused(gateway, reason):
    return gateway.metrics()[f'parley_connections_refused_total{{reason="{reason}"}}']


def shed(gateway, tier):
    return gateway.metrics()[f'parley_connections_shed_total{{tier="{tier}"}}']


def test_one_address_has_so_many_connections_and_another_its_own(directory, start, calls):
    directory.gateway(limits={"address_connections": 3})
    gateway = start()
    calls += [call(gateway, "127.0.0.9") for _ in range(3)]
    is_held(gateway, 3)
    assert is_closed(call(gateway, "127.0.0.9"))
    assert refused(gateway, "address_connections") == 1
    calls.append(call(gateway, "127.0.0.8"))
    is_held(gateway, 4)
    calls.pop(0).close()
    is_held(gateway, 3)
    calls.append(call(gateway, "127.0.0.9"))
    is_held(gateway, 4)
    assert gateway.logs("connection refused reason='too many from this address'")


def test_one_address_has_so_many_new_connections_in_a_minute(directory, start, calls):
    directory.gateway(limits={"address_per_minute": 5})
    gateway = start()
    calls += [call(gateway, "127.0.0.9") for _ in range(5)]
    is_held(gateway, 5)
    assert is_closed(call(gateway, "127.0.0.9"))
    assert refused(gateway, "address_rate") == 1
    calls.append(call(gateway, "127.0.0.8"))
    is_held(gateway, 6)


def test_source_with_many_connections_is_heard_after_others_and_served(directory, start, calls):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST)
    alpha.source = "127.0.0.9"
    directory.gateway(workers=1)
    gateway = start()

    def yielding():
        return gateway.metrics()["parley_connections_yielding_total"]
    calls += [call(gateway, alpha.source) for _ in range(8)]
    is_held(gateway, 8)
    assert yielding() == 0
    assert alpha.negotiate(gateway).status == 200
    assert yielding() == 1
    alpha.source = "127.0.0.8"
    assert alpha.negotiate(gateway).status == 200
    assert yielding() == 1


def test_handshakes_of_strangers_give_way_and_those_of_partners_do_not(directory, start, calls):
    alpha = directory.partner("alpha", "001-01", TLS_FIRST, tier=1)
    directory.partner("third", "262-01", TLS_FIRST, tier=3, address="127.0.0.3:443")
    directory.gateway(workers=1, limits={"handshakes": 6})
    gateway = start()
    assert alpha.negotiate(gateway).status == 200  # from 127.0.0.1, which is known from now on
    strangers = [call(gateway, "127.0.0.9") for _ in range(6)]
    calls += strangers
    is_held(gateway, 6)
    calls += [call(gateway, "127.0.0.3") for _ in range(6)]  # known from its file
    assert all(is_closed(sock) for sock in strangers)
    assert is_closed(call(gateway, "127.0.0.8"))
    assert (shed(gateway, "stranger"), shed(gateway, "3")) == (1, 0)
    assert alpha.negotiate(gateway).status == 200
    assert gateway.logs("connection refused reason='overload'")


def test_strangers_are_refused_while_memory_is_short_and_tier_1_is_not(directory, start, calls):
    directory.partner("first", "001-01", TLS_FIRST, tier=1, address="127.0.0.3:443")
    directory.partner("second", "262-01", TLS_FIRST, tier=2, address="127.0.0.2:443")
    directory.gateway(limits={"memory_mib": 1})
    gateway = start()
    gateway.logs("memory is short, new connections of all but tier 1 are refused")
    assert is_closed(call(gateway, "127.0.0.9"))
    assert is_closed(call(gateway, "127.0.0.2"))
    assert (shed(gateway, "stranger"), shed(gateway, "2"), shed(gateway, "1")) == (1, 1, 0)
    calls.append(call(gateway, "127.0.0.3"))
    is_held(gateway, 1)
    assert gateway.metrics()["parley_memory_short"] == 1
    assert "SHORT: new connections of all but tier 1 are refused" in parleyctl(
        "--socket", gateway.socket, "status").stdout
    directory.gateway(limits={"memory_mib": 1 << 20})
    assert gateway.reload()[0] == 200
    gateway.logs("memory is no longer short")
    calls.append(call(gateway, "127.0.0.9"))
    is_held(gateway, 2)
    assert gateway.metrics()["parley_memory_short"] == 0
    metrics = gateway.metrics()
    assert metrics["parley_memory_bytes"] > 1 << 20
    # a sanitizer's allocator keeps no such account
    assert sanitizers() or (
        0 < metrics["parley_memory_allocated_bytes"] < metrics["parley_memory_bytes"])


def test_what_is_turned_away_leaves_no_trace_behind(directory, start, calls):
    directory.gateway(limits={"address_connections": 2, "connections": 3})
    gateway = start()
    for turn in range(1, 51):
        held = [call(gateway, "127.0.0.9") for _ in range(4)]
        gateway.until(lambda least=2 * turn: refused(gateway, "address_connections") >= least)
        for sock in held:
            sock.close()
    gateway.until(lambda: gateway.status()["connections"]["handshaking"] == 0)
    calls += [call(gateway, "127.0.0.9") for _ in range(2)]
    is_held(gateway, 2)
