# SPDX-License-Identifier: MIT
"""Partners whose SEPP is scripted, and what their scripts answer.

A row is (name, PLMN, hooks, options of lib.sepp.Sepp, fields of the partner's file, scripts); a
script is (handlers, path or None).  Cases whose outcome lives on have a partner of their own.
"""

import ssl

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lib.directory import FOLLOW_THE_INITIATOR, KEEP, TLS, Lua, suites
from lib.peer import CAPABILITY_PATH, ERROR_PATH, TERMINATE_PATH
from lib.sepp import DECENT, SILENT

TLS_1_2 = {"maximum": ssl.TLSVersion.TLSv1_2}
HOOKS = FOLLOW_THE_INITIATOR + KEEP + suites()
PREFER_TLS = """function partner.offer_capabilities(peer)
  return { sepp.TLS, sepp.PRINS }
end
"""
RETRY_AFTER_S = 2


def ie(**changes):
    """IeInfo."""
    return {"ieLoc": "BODY", "ieType": "UEID", "reqIe": "/supiOrSuci", "isModifiable": False,
            **changes}


def mapping(signature="{apiRoot}/nausf-auth/v1/ue-authentications", infos=None, **changes):
    """ApiIeMapping."""
    whole = {"apiSignature": signature, "apiMethod": "POST",
             "IeList": [ie()] if infos is None else infos, **changes}
    return {name: value for name, value in whole.items() if value is not None}


def policy(*mappings, types=("UEID", "AUTHENTICATION_MATERIAL", "AUTHORIZATION_TOKEN")):
    """ProtectionPolicy."""
    return {"apiIeMappingList": list(mappings), "dataTypeEncPolicy": list(types)}


CALLBACK = mapping({"callbackType": "Namf_Communication_onN1N2MessageNotify"},
                   [ie(ieType="LOCATION", reqIe="/location")])
POLICY = policy(mapping(), CALLBACK)
OTHER_POLICY = policy(mapping(infos=[ie(ieType="LOCATION")]), types=("LOCATION",))


def public_key():
    """A new public key, as PEM."""
    return ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode()


IPX, THEIR_IPX = "ipx.example.org", "ipx.example.net"
PROVIDERS = [{"ipxProviderId": IPX, "rawPublicKeyList": [public_key()]}]
THEIR_PROVIDERS = [{"ipxProviderId": THEIR_IPX, "rawPublicKeyList": [public_key()]}]

POLICY_ONLY = {"policy": "data/policy.json"}
PROVIDERS_TOO = {"policy": "data/policy.json", "providers": "data/ipx.json"}
FEW_REPORTS = 3


def answering(**changes):
    """A handler: a decent selection with these attributes; None leaves one out."""
    return lambda exchange: exchange.reply(
        200, exchange.sepp.selection(exchange.json(), **changes))


def in_plain_text(exchange):
    exchange.reply(200, exchange.sepp.selection(exchange.json()), content_type="text/plain")


def forbidding(exchange):
    exchange.problem(403, "NEGOTIATION_NOT_ALLOWED")


def congested(exchange):
    exchange.problem(503, "NF_CONGESTION", [("retry-after", str(RETRY_AFTER_S))])


def too_many(exchange):
    exchange.problem(429, "NF_CONGESTION_RISK", [("retry-after", "1")])


def aborting(exchange):
    exchange.abort()


def closing(exchange):
    exchange.close(notify=False)


def answering_and_closing(exchange):
    """PRINS, and the end of the connection."""
    exchange.default()
    exchange.goaway()
    exchange.close()


def unknown_context(exchange):
    exchange.problem(404, "CONTEXT_NOT_FOUND")


def malformed(exchange):
    exchange.problem(400, "MANDATORY_IE_INCORRECT")


def moved_to(host, port):
    """A handler: 307 to the same operation of another SEPP."""
    target = f"https://{host}:{port}"
    return lambda exchange: exchange.reply(307, {"targetSepp": target},
                                           [("location", target + CAPABILITY_PATH)])


def moved_to_itself(exchange):
    moved_to(exchange.sepp.peer.fqdn, exchange.sepp.port)(exchange)


def always(handler, path=None):
    return ((handler,), path)


def at_first(*handlers):
    """Scripts that end in decency."""
    return ((*handlers, DECENT), None)


TLS_ONLY = {"prefers": ("TLS",)}

INITIATOR = (
    # exchange-capability
    ("plain", "262-01", HOOKS, {**TLS_ONLY, "ends_after_tls": False}, {}),
    ("tls-before-prins", "262-02", HOOKS + PREFER_TLS, TLS_ONLY, {}),
    ("not-offered", "262-03", HOOKS, {}, {"capabilities": [TLS]},
     always(answering(selectedSecCapability="PRINS"))),
    ("no-selection", "262-04", HOOKS, {}, {}, always(answering(selectedSecCapability=None))),
    ("unheard-of", "262-05", HOOKS, {}, {}, always(answering(selectedSecCapability="FOO"))),
    ("foreign-sender", "262-06", HOOKS, {}, {}, always(answering(sender="sepp.example.org"))),
    ("plain-text", "262-07", HOOKS, TLS_ONLY, {}, always(in_plain_text)),
    ("forbidding", "262-08", HOOKS, {}, {}, always(forbidding)),
    ("congested", "262-09", HOOKS, TLS_ONLY, {}, at_first(congested)),
    ("too-many", "262-10", HOOKS, TLS_ONLY, {}, at_first(too_many)),
    ("moved", "262-11", HOOKS, {}, {"hosts": ["sepp", "sepp2"]}),
    ("misled", "262-12", HOOKS, {}, {"hosts": ["sepp", "sepp2"]}),
    ("breaking", "262-13", HOOKS, TLS_ONLY, {}, at_first(aborting, closing)),
    ("slow", "262-14", HOOKS, TLS_ONLY, {}, at_first(SILENT)),
    # connections
    ("closes-at-once", "262-15", HOOKS, {}, {}, ((answering_and_closing,), CAPABILITY_PATH)),
    ("talks-back", "262-16", HOOKS, {}, {}),
    ("first-group", "262-17", HOOKS, TLS_ONLY, {}),
    ("second-group", "262-18", HOOKS, {}, {}),
    # parameters
    ("keys-of-1-2", "262-19", HOOKS, TLS_1_2, {}),
    ("keys-of-1-3", "262-20", HOOKS, {}, {}),
    ("keys-of-256", "262-21", HOOKS, {"jwe": ("A256GCM",)}, {}),
    ("keys-initiator", "262-22", HOOKS, {"key_context": "initiator"},
     {"prins": {"key_context": Lua("sepp.key_context.INITIATOR")}}),
    ("keys-responder", "262-23", HOOKS, {"key_context": "responder"},
     {"prins": {"key_context": Lua("sepp.key_context.RESPONDER")}}),
    ("no-ems", "262-24", HOOKS, {**TLS_1_2, "ems": False}, {}),
    ("in-steps", "262-25", HOOKS, {}, {"prins": PROVIDERS_TOO}),
    # termination and reports
    ("ended-by-them", "262-26", HOOKS, {}, {}),
    ("unknowing", "262-27", HOOKS, {}, {}, always(unknown_context, TERMINATE_PATH)),
    ("loses-contexts", "262-28", HOOKS, {}, {}),
    ("rejects-reports", "262-29", HOOKS, {}, {}, always(malformed, ERROR_PATH)),
)

# name of the partner that answers 307, host of the other SEPP, whether that has no right to it
MOVED = (("moved", "sepp2", False), ("misled", "sepp2", True))


def responder(name, plmn, hooks=HOOKS, **fields):
    """A row of a partner that negotiates with us, and can be connected to."""
    return (name, plmn, hooks, {}, {"initiate": False, **fields})


RESPONDER = (
    responder("suites", "262-01"),
    responder("only-128", "262-02", FOLLOW_THE_INITIATOR + KEEP + suites(known=("A128GCM",))),
    responder("agreed-tls", "262-03"),
    responder("nothing-agreed", "262-04"),
    responder("strict-policy", "262-05", prins=POLICY_ONLY),
    responder("lax-policy", "262-06", FOLLOW_THE_INITIATOR + KEEP + suites("WARN"),
              prins=POLICY_ONLY),
    responder("providers", "262-07", prins=PROVIDERS_TOO),
    responder("one", "262-08"),
    responder("other", "262-09"),
    responder("ending", "262-10"),
    responder("reporting", "262-11"),
    responder("flooding", "262-12",
              limits={"handshakes_per_minute": 0, "reports_per_minute": FEW_REPORTS}),
    responder("reported-to", "262-13"),
    responder("no-ems-here", "262-14"),
)

# gateways of a case's own
CHANGING = (("changing-1", "262-01", HOOKS, {}, {}), ("changing-2", "262-02", HOOKS, TLS_ONLY, {}))
CIRCLING = (("circles", "262-01", HOOKS, {}, {}, always(moved_to_itself)),)
CROSSING = (("smaller", "001-01", HOOKS, {}, {}, always(SILENT)),
            ("larger", "262-99", HOOKS, {}, {}, always(SILENT)))
RESTARTING = (("restarting", "262-01", HOOKS, TLS_ONLY, {}),)
