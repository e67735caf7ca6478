# SPDX-License-Identifier: MIT
"""The openssl program as a TLS client, for what Python's ssl module does not offer."""

import os
import subprocess

from lib.waiting import Deadline, readable


class Client:
    """`openssl s_client` as a partner; its output is kept."""

    def __init__(self, peer, gateway, *options):
        command = ["openssl", "s_client", "-connect", gateway.address, "-alpn", "h2",
                   "-servername", gateway.fqdn, "-cert", str(peer.cert), "-key", str(peer.key),
                   "-CAfile", str(peer.trust), "-verify_return_error", *options]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
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
        deadline = Deadline(timeout)
        while not any(text in self.output for text in wanted):
            assert readable(self.process.stdout, deadline.left()), self.output.decode()
            more = os.read(self.process.stdout.fileno(), 65536)
            if not more:
                break
            self.output += more
        return self.output.decode("utf-8", "replace")
