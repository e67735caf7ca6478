# SPDX-License-Identifier: MIT
"""The keys of an N32-f context as TS 33.501 13.2.4.4.1 derives them, as a partner sees them."""

import dataclasses
import hashlib

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

DIRECTIONS = ("parallel_request", "parallel_response", "reverse_request", "reverse_response")
KEY_BYTES = {"A128GCM": 16, "A256GCM": 32}
SALT_BYTES = 8
# who receives the message that is protected with it
RECEIVER = {"parallel_request": "responder", "parallel_response": "initiator",
            "reverse_request": "initiator", "reverse_response": "responder"}


def kdf(master, context_id, label, length):
    """N32-KDF: HKDF-Expand without Extract, SHA-256, the id in the characters as exchanged."""
    info = b"N32" + context_id.encode() + label.encode()
    return HKDFExpand(hashes.SHA256(), length, info).derive(master)


def derive(master, ids, jwe="A128GCM", key_context="receiver"):
    """The four keys, then the four salts, by label.

    `ids` has the context id that the "initiator" and the "responder" of N32-c chose; `key_context`
    says which of them goes into the keys: that of either, or of who receives the message.
    """
    def of(direction, suffix, length):
        whose = RECEIVER[direction] if key_context == "receiver" else key_context
        return kdf(master, ids[whose], f"{direction}_{suffix}", length)

    found = {f"{name}_key": of(name, "key", KEY_BYTES[jwe]) for name in DIRECTIONS}
    found.update({f"{name}_iv_salt": of(name, "iv_salt", SALT_BYTES) for name in DIRECTIONS})
    return found


@dataclasses.dataclass
class Context:
    """An N32-f context of a partner: `id` is what the partner chose, `role` is the partner's."""

    id: str
    peer_id: str
    role: str
    jwe: str
    jws: str
    keys: dict = dataclasses.field(repr=False)
    policy: dict = None
    providers: list = dataclasses.field(default_factory=list)

    @property
    def check(self):
        """What both sides can compare without showing a key."""
        return hashlib.sha256(b"".join(self.keys.values())).hexdigest()[:16]


def agreed(master, own, peers, role, jwe, jws, key_context="receiver"):
    """The Context of a partner that exported `master` and exchanged these ids and suites."""
    other = "responder" if role == "initiator" else "initiator"
    keys = derive(master, {role: own, other: peers}, jwe, key_context)
    return Context(own, peers, role, jwe, jws, keys)
