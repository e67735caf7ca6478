# SPDX-License-Identifier: MIT
"""Both sides negotiate at the same moment."""

from initiator import out
from lib.peer import CAPABILITY_PATH
from lib.sepp import DECENT
from scripted import CROSSING
from world import expect, granted

HOLD_S = 60  # how long our request may wait: it is not to be given up


def crossed(w, gateway, name, wanted):
    """The partner negotiates TLS with us while our own negotiation waits, and then gets PRINS.

    `wanted` is what has to hold: what was agreed in the negotiation of the SEPP with the smaller
    FQDN, which the partner holds as well by the same rule.
    """
    sepp = w.sepps[name]
    held = sepp.wait_requests(1, CAPABILITY_PATH)[0]
    granted(sepp.peer.negotiate(gateway, capabilities=["TLS"]), "TLS")
    expect("the next attempt while one waits", out(gateway, name)["next"], None)
    sepp.script(DECENT)
    held.reply(200, sepp.selection(held.json(), selectedSecCapability="PRINS"))
    gateway.until(lambda: out(gateway, name)["next"])  # it is over, and another will make sure
    expect("whether our request was given up", held.cancelled, None)
    expect("capability", gateway.partner(name)["capability"], wanted)
    smaller = min(gateway.fqdn, sepp.peer.fqdn)
    gateway.logs(f"{name}: two simultaneous negotiations disagree, that of '{smaller}' holds")
    return f"{wanted} with {name.replace('-', ' ')} FQDN"


def con_16_simultaneous_handshakes_end_in_one_mechanism(w):
    gateway = w.alone("crossing", CROSSING, timeouts={"response_s": HOLD_S})
    names = [w.sepps["smaller"].peer.fqdn, gateway.fqdn, w.sepps["larger"].peer.fqdn]
    expect("the names in order", names, sorted(names))
    return (crossed(w, gateway, "smaller", "TLS") + ", "
            + crossed(w, gateway, "larger", "PRINS"))
