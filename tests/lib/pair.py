# SPDX-License-Identifier: MIT
"""Two gateways of two networks, each the partner of the other.

    with Pair(folder) as pair:
        pair.renew(a={"initiate": True, "hooks": TLS_FIRST}, b={"hooks": TLS_FIRST})
        pair.a.until(lambda view: view["capability"] == "TLS")

Each `renew` gives the partner another name, so that nothing is known of it, and each `change`
leaves what was agreed; both are a reload and take milliseconds.
"""

import pathlib

from lib import sockets
from lib.directory import Directory
from lib.gateway import Gateway
import pki

PLMNS = {"a": "001-01", "b": "999-70"}
ANCHORS = "anchors/other.pem"
OTHER_ROLE = {"initiator": "responder", "responder": "initiator"}


def mirrored(contexts):
    """Side.contexts() of one end as the other end has to have them."""
    return sorted((peer, own, OTHER_ROLE[role], *rest) for own, peer, role, *rest in contexts)


class Side:
    """One gateway of the two, and what it knows of the other one."""

    def __init__(self, folder, key, arguments, settings):
        self.key, self.plmn = key, PLMNS[key]
        self.directory = Directory(folder / key, plmn=self.plmn, **settings)
        self.arguments = [str(argument).format(root=self.directory.root) for argument in arguments]
        self.gateway = self.other = self.name = None
        self.fields = {}

    def start(self):
        self.gateway = Gateway(self.directory, *self.arguments).start()

    def restart(self, between=lambda: None):
        """Ends the process, and starts another that listens on the same port."""
        self.directory.gateway(n32c={"listen": [self.gateway.address]})
        self.gateway.stop()
        between()
        self.start()

    def write(self, name, **fields):
        """Writes the partner's file, in place of the one before."""
        if self.name not in (None, name):
            self.directory.remove(f"partners/{self.name}.lua")
        self.name, self.fields = name, fields
        given = {"anchors": ANCHORS, "address": self.other.gateway.address, **fields}
        hooks = given.pop("hooks", "")
        self.directory.partner_file(name, self.other.plmn, hooks, **given)

    def reload(self, apply=True):
        """Puts what is written into force.  Returns the answer."""
        status, answer = self.gateway.reload(apply)
        assert status == 200, answer
        return answer

    def view(self):
        return self.gateway.partner(self.name)

    def states(self):
        """In both directions: (in, out)."""
        view = self.view()
        return view["in"]["state"], view["out"]["state"]

    def contexts(self):
        """(own id, the peer's, our role, what stands for the keys, encryption) of each."""
        return sorted((one["id"], one["peer_id"], one["role"], one["check"], one["jwe"])
                      for one in self.gateway.contexts(self.name))

    def until(self, question, timeout=5.0):
        """Waits until what is known of the partner answers the question.  Returns it."""
        def ask():
            view = self.view()
            return question(view) and view

        return self.gateway.until(ask, timeout)

    def open_sockets(self):
        """The connections that this side opened, from outside: pairs (ours, theirs)."""
        pids = self.gateway.process.pid, self.other.gateway.process.pid
        return [pair for pair in sockets.between(*pids) if pair[0].peer == self.other.port()]

    def ended_sockets(self):
        """The ports of the connections that this side opened and that ended in order."""
        return sockets.ended(self.other.port())

    def port(self):
        return int(self.gateway.address.rsplit(":", 1)[1])


class Pair:
    """The two sides, `a` with the smaller FQDN."""

    def __init__(self, folder, *arguments, **settings):
        """Arguments of parleyd may have {root}, the folder of the side."""
        root = pathlib.Path(folder)
        self.a, self.b = (Side(root, key, arguments, settings) for key in PLMNS)
        self.sides, self.count = (self.a, self.b), 0
        for side, other in (self.sides, self.sides[::-1]):
            side.other = other
            pki.authority(other.plmn).write_cert(side.directory.policies / ANCHORS)

    def __enter__(self):
        for side in self.sides:
            side.start()
        return self

    def __exit__(self, *_):
        for side in self.sides:
            side.gateway.stop()

    def renew(self, **fields):
        """Partners of a new name; `a` and `b` have the fields of either's file, and `hooks`."""
        self.count += 1
        self._write(f"peer-{self.count}", fields)

    def change(self, **fields):
        """The same partners with these fields besides those that they have."""
        self._write(self.a.name, {side.key: {**side.fields, **fields.get(side.key, {})}
                                  for side in self.sides})

    def _write(self, name, fields):
        """Whoever does not initiate has to know the partner first."""
        order = sorted(self.sides, key=lambda side: bool(fields[side.key].get("initiate")))
        for side in order:
            side.write(name, **fields[side.key])
        for side in order:
            side.reload()
