# SPDX-License-Identifier: MIT
"""The TCP sockets of 127.0.0.1 as the kernel shows them, whatever a process says of itself.

    for one in between(a.process.pid, b.process.pid): ...

A connection that has ended is still there for a minute at the end that closed first, TIME_WAIT
(RFC 9293 3.6), and at neither when it was reset.
"""

import dataclasses
import os

ESTABLISHED, TIME_WAIT = 0x01, 0x06


@dataclasses.dataclass(frozen=True)
class Socket:
    """One end: its port, that of the other end, the state, and the inode (0 if it has no owner)."""

    port: int
    peer: int
    state: int
    inode: int


def table():
    """Every IPv4 TCP socket with a peer."""
    with open("/proc/net/tcp", encoding="ascii") as lines:
        rows = [line.split() for line in lines][1:]
    found = [Socket(int(row[1].split(":")[1], 16), int(row[2].split(":")[1], 16),
                    int(row[3], 16), int(row[9])) for row in rows]
    return [one for one in found if one.peer]


def inodes(pid):
    """The inodes of the sockets that a process has open."""
    folder, found = f"/proc/{pid}/fd", set()
    for descriptor in os.listdir(folder):
        try:
            target = os.readlink(f"{folder}/{descriptor}")
        except FileNotFoundError:
            continue  # closed meanwhile
        if target.startswith("socket:["):
            found.add(int(target[len("socket:["):-1]))
    return found


def between(client, server):
    """Both ends of each open connection that one process has with the other, by whoever opened it.

    Pairs (socket of `client`, socket of `server`).
    """
    ours, theirs, rows = inodes(client), inodes(server), table()
    ends = {(one.port, one.peer): one for one in rows if one.inode in theirs}
    return [(one, ends[one.peer, one.port]) for one in rows
            if one.inode in ours and (one.peer, one.port) in ends]


def ended(port):
    """The connections to that listening port that have ended in order, a minute ago at most.

    As the ports of their clients.  Either end may hold TIME_WAIT: close_notify comes before FIN, so
    that the answer to it and the FIN cross.
    """
    return {one.peer if one.port == port else one.port for one in table()
            if one.state == TIME_WAIT and port in (one.port, one.peer)}
