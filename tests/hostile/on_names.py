# SPDX-License-Identifier: MIT
"""Certificates that are made to cost time, or to be taken for somebody else's."""

from attack import attack
from scene import HOSTILE
import pki

SANS, DEPTH = 1000, 10
NAME = pki.fqdn(HOSTILE)


def connects_as(means, peer):
    """Again and again with the same certificate."""
    while means.has_time():
        means.saw(means.refusal(peer))


def made(means, names, authority=None):
    """The hostile partner with a certificate for other names."""
    number = len(list(means.scene.folder.glob("made-*.pem")))
    cert, key = (means.scene.folder / f"made-{number}.{kind}" for kind in ("pem", "key"))
    (authority or means.scene.authority).issue(names, cert, key)
    return means.peer.with_certificate(cert, key)


@attack("a certificate with 1,000 names", "alert bad_certificate")
def many_names(means):
    peer = made(means, [NAME] + [pki.fqdn(HOSTILE, f"host-{n}") for n in range(SANS - 1)])
    yield
    connects_as(means, peer)


@attack("a certificate with the names of 1,000 PLMNs", "alert bad_certificate")
def many_plmns(means):
    peer = made(means, [pki.fqdn(f"{n // 100 + 310}-{n % 100 + 100}") for n in range(SANS)])
    yield
    connects_as(means, peer)


@attack("a chain of ten authorities", "alert unknown_ca")
def deep_chain(means):
    authority, chain = means.scene.authority, []
    for level in range(DEPTH):
        authority = pki.Authority(f"level {level}", authority, DEPTH - level)
        chain.append(authority)
    peer = made(means, [NAME], authority)
    with open(peer.cert, "ab") as file:
        for one in reversed(chain):
            file.write(one.pem())
    yield
    connects_as(means, peer)


@attack("names with NUL and blanks in them", "alert unknown_ca")
def broken_names(means):
    peers = [made(means, [name]) for name in (
        NAME + "\0.example.org", "\0" + NAME, NAME.replace(".5gc", "\0.5gc"), NAME + " ")]
    yield
    while means.has_time():
        for peer in peers:
            means.saw(means.refusal(peer))


@attack("wildcards in names", "alert unknown_ca")
def wildcards(means):
    domain = pki.domain(HOSTILE)
    peers = [made(means, [name]) for name in (
        "*.*." + domain, "*", "*.3gppnetwork.org", "se*p." + domain)]
    yield
    while means.has_time():
        for peer in peers:
            means.saw(means.refusal(peer))
