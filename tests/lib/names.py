# SPDX-License-Identifier: MIT
"""A name server with a few names, over UDP on 127.0.0.1.

    with NameServer({"sepp.example.org": ["127.0.0.1"]}) as names:
        names.srv("_n32._tcp.example.org", [(1, 1, 7443, "sepp.example.org")])

`asked` has the (name, type) of each query.  What is not there gets NXDOMAIN; a type that a name
does not have gets an empty answer; with `is_silent` nothing gets an answer.
"""

import socket
import struct
import threading

A, SRV = 1, 33
NXDOMAIN, AUTHORITATIVE_ANSWER = 3, 0x8580
TTL_S = 1
POINTER_TO_QUESTION = b"\xc0\x0c"


def encoded(name):
    """A name as labels."""
    labels = [label.encode() for label in name.rstrip(".").split(".")]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


class NameServer:
    """The server; its thread ends with stop()."""

    def __init__(self, addresses=None):
        self.records = {}
        self.asked, self.is_silent = [], False
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.address = "%s:%d" % self.sock.getsockname()
        for name, hosts in (addresses or {}).items():
            self.host(name, hosts)
        self.thread = threading.Thread(target=self._loop, daemon=True, name="names")
        self.thread.start()

    def host(self, name, addresses):
        """Sets the IPv4 addresses of a name."""
        self._set(name, A, [socket.inet_aton(address) for address in addresses])

    def srv(self, name, targets):
        """Sets the (priority, weight, port, host) of a service."""
        self._set(name, SRV, [struct.pack("!HHH", *target[:3]) + encoded(target[3])
                              for target in targets])

    def stop(self):
        """Ends the thread with an empty datagram."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self.sock.getsockname())
        self.thread.join()
        self.sock.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _set(self, name, kind, values):
        self.records.setdefault(name.lower().rstrip("."), {})[kind] = values

    def _loop(self):
        while True:
            query, sender = self.sock.recvfrom(4096)
            if not query:
                return
            answer = self._answer(query)
            if not self.is_silent:
                self.sock.sendto(answer, sender)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        kind, = struct.unpack("!H", query[at + 1:at + 3])
        name = ".".join(labels).lower()
        self.asked.append((name, kind))
        values = self.records.get(name, {}).get(kind, [])
        flags = AUTHORITATIVE_ANSWER | (0 if name in self.records else NXDOMAIN)
        header = query[:2] + struct.pack("!HHHHH", flags, 1, len(values), 0, 0)
        records = [POINTER_TO_QUESTION + struct.pack("!HHIH", kind, 1, TTL_S, len(value)) + value
                   for value in values]
        return header + query[12:at + 5] + b"".join(records)
