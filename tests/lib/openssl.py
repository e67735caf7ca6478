# SPDX-License-Identifier: MIT
"""The openssl program as a TLS client or server, for what Python's ssl module does not offer."""

import os
import re
import subprocess

from lib.waiting import Deadline, readable


class Program:
    """A running command of openssl; its output is kept."""

    def __init__(self, *command):
        self.process = subprocess.Popen(["openssl", *map(str, command)], stdin=subprocess.PIPE,
                                        bufsize=0, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT)
        self.output = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def say(self, text):
        self.process.stdin.write(text)

    def until(self, wanted, timeout=5.0):
        """Reads output until it has one of the texts, or ends.  Returns all of it."""
        self.match(b"|".join(map(re.escape, wanted)), timeout)
        return self.output.decode("utf-8", "replace")

    def match(self, pattern, timeout=5.0):
        """Reads output until the pattern is found in it, or it ends.  Returns the match or None."""
        deadline = Deadline(timeout)
        while not re.search(pattern, self.output):
            assert readable(self.process.stdout, deadline.left()), self.output.decode()
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                break
            self.output += more
        return re.search(pattern, self.output)


class Client(Program):
    """`openssl s_client` as a partner; `address` is that of the gateway if nothing is said."""

    def __init__(self, peer, gateway, *options, address=None):
        super().__init__("s_client", "-connect", address or gateway.address, "-alpn", "h2",
                         "-servername", gateway.fqdn, "-cert", peer.cert, "-key", peer.key,
                         "-CAfile", peer.trust, "-verify_return_error", *options)


class Server(Program):
    """`openssl s_server` with the certificate and key of a directory's gateway."""

    def __init__(self, directory, *options):
        certs = directory.policies / "certs"
        super().__init__("s_server", "-accept", "127.0.0.1:0", "-alpn", "h2",
                         "-cert", certs / "gateway.pem", "-key", certs / "gateway.key", *options)
        self.address = self.match(rb"ACCEPT (\S+:\d+)\n")[1].decode()
