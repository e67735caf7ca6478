# SPDX-License-Identifier: MIT
"""The gateways and partners that the conformance cases need, and what cases may say of answers.

Cases are grouped by configuration, so that few gateways serve many: each case names the partner it
acts as.  A case whose outcome lives on (an agreement, a refusal) has a partner of its own.
"""

import pathlib
import tempfile

from lib.directory import (FOLLOW_THE_INITIATOR, KEEP, PRINS, PRINS_FIRST, TLS, TLS_FIRST,
                           Directory, purposes, select)
from lib.gateway import Gateway
import pki

ELSEWHERE = "sepp2.5gc.mnc070.mcc999.3gppnetwork.org"
STREAMS = 8
BODY_BYTES = 65536
CLOSE_S = 1

FOLLOW = FOLLOW_THE_INITIATOR + KEEP
ERROR = select('error("no opinion")')

# name, PLMN, hooks, fields of the partner's file
PARTNERS = (
    ("alpha", "001-01", TLS_FIRST + KEEP, {"purposes": purposes("ROAMING")}),
    ("prins-first", "262-01", PRINS_FIRST + KEEP, {}),
    ("tls-only", "262-02", TLS_FIRST, {"capabilities": [TLS]}),
    ("prins-only", "262-03", PRINS_FIRST + KEEP, {"capabilities": [PRINS]}),
    ("follows", "262-04", FOLLOW, {}),
    ("disabled", "262-05", FOLLOW, {"enabled": False}),
    ("limited", "262-06", FOLLOW, {"limits": {"handshakes_per_minute": 3}}),
    ("redirected", "262-07", FOLLOW, {"redirect": f"{ELSEWHERE}:7443"}),
    ("broken", "262-08", ERROR, {}),
    ("padded", "310-12", FOLLOW, {}),
    ("unagreed", "262-20", TLS_FIRST, {"capabilities": [TLS]}),
    ("ending", "262-21", FOLLOW, {}),
    ("never-agreed", "262-22", FOLLOW, {}),
    ("featureless", "262-23", FOLLOW, {}),
    ("repeating", "262-24", FOLLOW, {}),
    ("switching", "262-25", FOLLOW, {}),
    ("stumbling", "262-26", FOLLOW, {}),
    ("falling", "262-27", FOLLOW, {}),
)


class NotYet(Exception):
    """The case needs something that the gateway cannot do yet."""


class Mismatch(Exception):
    """The gateway did something else than the case says."""


class World:
    """Gateways by configuration, started when a case first asks for one."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="parley-conformance-")
        self.peers, self.gateways = {}, {}

    def _directory(self, name, **settings):
        timeouts = {"close_s": CLOSE_S}
        return Directory(pathlib.Path(self.folder.name) / name, timeouts=timeouts, **settings)

    def _started(self, name, directory):
        self.gateways[name] = Gateway(directory).start()
        return self.gateways[name]

    @property
    def main(self):
        """TLS and PRINS, 999-70, and every partner of PARTNERS."""
        if "main" in self.gateways:
            return self.gateways["main"]
        directory = self._directory("main", limits={"body_bytes": BODY_BYTES, "streams": STREAMS})
        for name, plmn, hooks, fields in PARTNERS:
            self.peers[name] = directory.partner(name, plmn, hooks, **fields)
        stranger = [pki.fqdn("001-01", "stranger")]
        self.peers["stranger"] = directory.certified("stranger", "001-01", stranger,
                                                     pki.authority("001-01"))
        return self._started("main", directory)

    @property
    def strict(self):
        """The Rel-17 pattern for every FQDN."""
        if "strict" in self.gateways:
            return self.gateways["strict"]
        directory = self._directory("strict", strict_fqdn=True)
        self.peers["strict"] = directory.partner("strict", "310-12", FOLLOW)
        return self._started("strict", directory)

    @property
    def busy(self):
        """One negotiation per second, for everybody together."""
        if "busy" in self.gateways:
            return self.gateways["busy"]
        directory = self._directory("busy", limits={"negotiations_per_second": 1})
        self.peers["busy"] = directory.partner("busy", "262-01", FOLLOW)
        return self._started("busy", directory)

    def peer(self, name):
        return self.main and self.peers[name]

    def connect(self, name):
        """An HTTP/2 connection of that partner to the main gateway."""
        return self.peer(name).connect(self.main)

    def negotiate(self, name, body=None, **changes):
        """One negotiation of that partner on a connection of its own."""
        return self.peer(name).negotiate(self.main, body, **changes)

    def send(self, body=None, **changes):
        """What alpha's body gets, with the changes of the case."""
        return self.negotiate("alpha", body, **changes)

    def agree(self, name, capability, **changes):
        """The state in which a partner has agreed on a capability."""
        granted(self.negotiate(name, capabilities=[capability], **changes), capability)
        expect("the state", self.main.state(name), f"agreed_{capability.lower()}")


def expect(what, got, wanted):
    """States that two values are the same."""
    if got != wanted:
        raise Mismatch(f"expected {what} {wanted!r}, got {got!r}")


def expect_in(what, got, allowed):
    if got not in allowed:
        raise Mismatch(f"expected {what} among {sorted(map(str, allowed))}, got {got!r}")


def granted(response, capability, **attributes):
    """States that the answer is a 200 that selects the capability.  Returns it in words."""
    if response.status != 200:
        raise Mismatch(f"expected 200 {capability}, got {response}")
    expect("content-type", response.header("content-type"), "application/json")
    answer = response.json()
    expect("selectedSecCapability", answer.get("selectedSecCapability"), capability)
    expect("sender", answer.get("sender"), "sepp.5gc.mnc070.mcc999.3gppnetwork.org")
    for name, value in attributes.items():
        expect(name, answer.get(name), value)
    return " ".join(["200", capability, *(f"{name}={attributes[name]}" for name in attributes)])


def refused(response, status, cause=None, *offences):
    """States that the answer is this problem+json.  Returns it in words."""
    if response.status != status:
        raise Mismatch(f"expected {status} {cause or ''}, got {response}")
    expect("content-type", response.header("content-type"), "application/problem+json")
    expect("the status member", response.json().get("status"), status)
    if cause is not None:
        expect_in("cause", response.cause(), cause if isinstance(cause, tuple) else (cause,))
    for offence in offences:
        expect_in("invalidParams to have", offence, response.offences())
    return " ".join([str(status), response.cause() or "", *offences]).replace("  ", " ").strip()


def purposes_of(response, attribute):
    """The usagePurpose values of a list in the answer."""
    return [item["usagePurpose"] for item in response.json().get(attribute, [])]
