# SPDX-License-Identifier: MIT
"""Before anybody is known: connections that say nothing, little, nonsense, or too much."""

import random
import ssl

from attack import alert_of, attack
from lib.wire import Refused

SLOW, SLOW_TURN_S = 200, 0.05
HALF_OPEN = 10_000
QUICK_S = 1.0
KEYS = 2400  # as many KeyUpdates as are read at once


def has_ended(sock):
    """Whether the gateway has closed a connection on which nothing is awaited."""
    try:
        return sock.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def client_hello(means):
    """The first flight of a real client."""
    wire = means.plain()
    wire.tls = means.peer.context().wrap_bio(wire.incoming, wire.outgoing,
                                             server_hostname=means.fqdn)
    try:
        wire.tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    hello = wire.outgoing.read()
    wire.close()
    return hello


def takes_byte(means, sock, byte):
    """Whether one more byte goes out, or has to wait; False: the gateway has closed."""
    try:
        means.sent += sock.send(byte)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return True


@attack("slow-loris: a TLS handshake byte by byte", "ended")
def slow_handshake(means):
    hello = client_hello(means)[:-1]  # the last byte never goes out
    yield
    held = {}
    while means.has_time():
        while len(held) < SLOW:
            held[means.knock()] = 0
        for sock, at in list(held.items()):
            if has_ended(sock) or not takes_byte(means, sock, hello[at:at + 1]):
                means.saw("ended")
                sock.close()
                del held[sock]
            else:
                held[sock] = at + 1
        means.pause(SLOW_TURN_S)


@attack("10,000 connections that say nothing", "ended", "held")
def half_open(means):
    yield
    held, ended = [], 0
    for turn in range(HALF_OPEN):
        if turn % 500 == 499:  # no more open files than it takes
            closed = {sock for sock in held if has_ended(sock)}
            for sock in closed:
                sock.close()
            ended += len(closed)
            held = [sock for sock in held if sock not in closed]
        held.append(means.knock())
    while means.has_time():
        means.pause(QUICK_S)
    closed = sum(has_ended(sock) for sock in held)
    means.saw("ended", ended + closed)
    means.saw("held", len(held) - closed)


@attack("bytes that are no TLS", "ended")
def nonsense(means):
    dice = random.Random(1)
    pieces = [dice.randbytes(dice.randrange(1, 2000)) for _ in range(100)]
    yield
    while means.has_time():
        with means.plain() as wire:
            wire.send_plain(dice.choice(pieces))
            wire.drain()
        means.saw("ended")


@attack("handshakes without a certificate", "alert certificate_required")
def no_certificate(means):
    stranger = means.peer.with_certificate(None, None)
    yield
    while means.has_time():
        means.saw(means.refusal(stranger))


@attack("new keys again and again", "fin", "reset")
def new_keys(means):
    yield
    while means.has_time():
        with means.tls(exporter=True) as wire:
            wire.change_keys(KEYS)
            means.saw(wire.drain())


@attack("renegotiation in TLS 1.2", "alert no_renegotiation")
def renegotiation(means):
    yield
    while means.has_time():
        with means.tls(exporter=True, version=ssl.TLSVersion.TLSv1_2) as wire:
            wire.receive()  # no data may come between
            wire.tls.session.ssl.renegotiate()
            try:
                wire.shake_hands()
                means.saw("renegotiated")
            except Refused as refused:
                means.saw(alert_of(refused))
