# SPDX-License-Identifier: MIT
"""Both sides negotiate at the same moment."""

from initiator import comes_to
from lib.peer import CAPABILITY_PATH
from lib.sepp import DECENT
from world import expect, granted

DONE = ("idle", "agreed_tls", "agreed_prins", "exchanging_params", "established", "backing_off",
        "refused", "quarantined", "terminated")


def crossed(w, name, wanted):
    """The partner negotiates TLS with us while our own negotiation waits, and then gets PRINS.

    `wanted` is what holds: what was agreed in the negotiation of the SEPP with the smaller FQDN.
    """
    sepp, gateway = w.sepp(name), w.initiator
    asked = len(sepp.of_path(CAPABILITY_PATH))
    held = sepp.wait_requests(asked + 1, CAPABILITY_PATH)[-1]
    granted(sepp.peer.negotiate(gateway, capabilities=["TLS"]), "TLS")
    sepp.script(DECENT)
    held.reply(200, sepp.selection(held.json(), selectedSecCapability="PRINS"))
    comes_to(gateway, name, *DONE)
    if held.cancelled is not None:
        wanted = "TLS"  # ours was given up before it was answered
    gateway.until(lambda: gateway.partner(name)["capability"] == wanted)
    return f"{wanted} with {name.replace('-', ' ')} FQDN"


def con_16_simultaneous_handshakes_end_in_one_mechanism(w):
    names = [w.sepp("smaller").peer.fqdn, w.initiator.fqdn, w.sepp("larger").peer.fqdn]
    expect("the names in order", names, sorted(names))
    return crossed(w, "smaller", "TLS") + ", " + crossed(w, "larger", "PRINS")
