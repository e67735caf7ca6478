# SPDX-License-Identifier: MIT
"""The gateways and partners that the conformance cases need, and what cases may say of answers.

Cases are grouped by configuration, so that few gateways serve many: each case names the partner it
acts as.  A case whose outcome lives on (an agreement, a refusal) has a partner of its own.
"""

import pathlib
import tempfile

from lib.directory import (FOLLOW_THE_INITIATOR, KEEP, PRINS, PRINS_FIRST, TLS, TLS_FIRST,
                           Directory, purposes, select)
from lib.dns import DnsServer
from lib.gateway import Gateway
from lib.sepp import Sepp
import pki
import scripted

ELSEWHERE = "sepp2.5gc.mnc070.mcc999.3gppnetwork.org"
STREAMS = 8
BODY_BYTES = 65536
CLOSE_S = 1
RETRY_CAP_S, RESPONSE_S = 0.3, 2

FOLLOW = FOLLOW_THE_INITIATOR + KEEP
ERROR = select('error("no opinion")')
IDLE_S = 1
SHORT = f"""function partner.retain_connection(event, peer)
  if event.kind == sepp.event.NEGOTIATED then
    return sepp.retain {{ idle_s = {IDLE_S} }}
  end
  return sepp.release("idle")
end
"""

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
    ("leaving", "262-28", FOLLOW, {}),
    ("idling", "262-29", FOLLOW_THE_INITIATOR + SHORT, {}),
)

# who gets through TLS; "called" and "misnamed" are connected to as well
TLS_PARTNERS = (
    ("alpha", "001-01", TLS_FIRST, {}),
    ("beta", "262-01", TLS_FIRST, {}),
    ("twins", "262-06", TLS_FIRST, {"plmns": ["262-06", "262-07"]}),
    ("listed", "262-08", TLS_FIRST, {"crl": "anchors/listed.crl"}),
)
TLS_CALLED = (("called", "262-09"), ("misnamed", "262-10"))


class NotYet(Exception):
    """The case needs something that the gateway cannot do yet."""


class Mismatch(Exception):
    """The gateway did something else than the case says."""


class World:
    """Gateways by configuration, started when a case first asks for one."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory(prefix="parley-conformance-")
        self.peers, self.gateways, self.sepps = {}, {}, {}
        self.names = self.tls_directory = None
        self.made = 0

    def _directory(self, name, timeouts=(), **settings):
        return Directory(pathlib.Path(self.folder.name) / name,
                         timeouts={"close_s": CLOSE_S, **dict(timeouts)}, **settings)

    def _started(self, name, directory):
        self.gateways[name] = Gateway(directory).start()
        return self.gateways[name]

    def alone(self, name, partners, **settings):
        """A gateway of a case's own, with scripted partners as in scripted.INITIATOR."""
        directory = self._scripted_directory(name, **settings)
        for row in partners:
            self._scripted(directory, *row)
        return self._started(name, directory)

    def _scripted_directory(self, name, **settings):
        """Retries come soon, and names are asked of the world's own server."""
        if self.names is None:
            self.names = DnsServer().start()
        fixed = {"retry": {"first_s": 0.05, "cap_s": RETRY_CAP_S},
                 "timeouts": {"response_s": RESPONSE_S, "resolve_s": RESPONSE_S},
                 "dns": {"servers": [self.names.address], "timeout_s": 1, "tries": 2}}
        directory = self._directory(name, **{**fixed, **settings})
        directory.data("policy", scripted.POLICY)
        directory.data("ipx", {"ipxProviderSecInfoList": scripted.PROVIDERS})
        return directory

    def _scripted(self, directory, name, plmn, hooks, options, fields, *handlers):
        """Adds a partner with a SEPP that can be connected to."""
        sepp = Sepp.of(directory, name, plmn, hooks, options, **fields)
        for handler in handlers:
            sepp.script(*handler[0], path=handler[1])
        self.names.replace(sepp.peer.fqdn, "A", "127.0.0.1")
        self.sepps[name], self.peers[name] = sepp, sepp.peer
        return sepp

    @property
    def initiator(self):
        """The gateway that negotiates, with every partner of scripted.INITIATOR."""
        if "initiator" in self.gateways:
            return self.gateways["initiator"]
        directory = self._scripted_directory("initiator")
        for row in scripted.INITIATOR:
            self._scripted(directory, *row)
        for name, target, impostor in scripted.MOVED:
            self._move(directory, name, target, impostor)
        return self._started("initiator", directory)

    def _move(self, directory, name, target, impostor):
        """Has a partner answer 307 to a second SEPP of its, or to one that only says so."""
        first = self.sepps[name]
        host = pki.fqdn(first.peer.plmn, target)
        self.names.replace(host, "A", "127.0.0.1")
        certified = pki.fqdn(first.peer.plmn, "impostor") if impostor else host
        second = Sepp().serve(directory.certified(f"{name}-{target}", first.peer.plmn, [certified],
                                                  pki.authority(first.peer.plmn)))
        self.sepps[f"{name}-{target}"] = second
        first.script(scripted.moved_to(host, second.port))

    @property
    def tls(self):
        """The gateway whose handshakes are looked at, with TLS_PARTNERS and TLS_CALLED."""
        if "tls" in self.gateways:
            return self.gateways["tls"]
        directory = self.tls_directory = self._scripted_directory("tls")
        for name, plmn, hooks, fields in TLS_PARTNERS:
            self.peers[f"tls-{name}"] = directory.partner(name, plmn, hooks, **fields)
        for name, plmn in TLS_CALLED:
            self._scripted(directory, name, plmn, FOLLOW, {}, {})
        self.sepps["misnamed"].present(self.tls_peer([pki.fqdn("262-10", "other")], "262-10"))
        revoked = self.peers["tls-revoked"] = self.tls_peer([pki.fqdn("262-08")], "262-08")
        pki.authority("262-08").write_crl(directory.policies / "anchors/listed.crl", revoked.cert)
        return self._started("tls", directory)

    def tls_peer(self, names, plmn="001-01", root=None, **profile):
        """A partner with a new certificate, by the authority of the PLMN or `root`."""
        self.made += 1
        return self.tls_directory.certified(f"made-{self.made}", plmn, names,
                                            root or pki.authority(plmn), **profile)

    @property
    def parameters(self):
        """The gateway that is negotiated with for PRINS, with scripted.RESPONDER."""
        if "parameters" in self.gateways:
            return self.gateways["parameters"]
        directory = self._scripted_directory("parameters")
        for row in scripted.RESPONDER:
            self._scripted(directory, *row)
        return self._started("parameters", directory)

    def sepp(self, name):
        """The scripted SEPP of a partner that the gateway negotiates with."""
        return self.initiator and self.sepps[name]

    def prins(self, name, **tls):
        """A connection of that partner to the gateway for PRINS, on which keys can be had."""
        gateway = self.parameters
        return self.peers[name].connect(gateway, exporter=True, **tls)

    def establish(self, name, **options):
        """A context of that partner with the gateway for PRINS: its keys.Context."""
        gateway = self.parameters
        made = self.sepps[name].establish(gateway, **options)
        expect("a context with both ids", bool(gateway.context(made)), True)
        return made

    def ends(self):
        """How everything ends, as (what it is, function); the gateways come first."""
        yield from ((f"gateway '{name}'", one.stop) for name, one in self.gateways.items())
        yield from ((f"scripted SEPP '{name}'", one.stop) for name, one in self.sepps.items())
        if self.names:
            yield "name server", self.names.stop

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
