# SPDX-License-Identifier: MIT
"""One TLS connection over TCP whose every step can be seen and bounded.

Ciphertext goes through two memory BIOs, so that a test can tell a close_notify from a FIN and from
a RST, read the alert, or write bytes that are no TLS.  Every wait has a timeout.
"""

import select
import socket
import ssl

from lib.waiting import Deadline

TIMEOUT = 5.0
CHUNK = 65536


class Refused(Exception):
    """The TLS handshake failed, or an alert ended the connection; `alert` names it."""

    def __init__(self, alert):
        super().__init__(alert)
        self.alert = alert


class TimedOut(AssertionError):
    """What the test waited for did not happen in time."""


def address_of(text):
    """("127.0.0.1", 7443) of "127.0.0.1:7443"."""
    host, port = text.rsplit(":", 1)
    return host.strip("[]"), int(port)


class Wire:
    """A TCP connection that may become a TLS connection.

    `notified` says that the peer sent close_notify; `end` is None while TCP is open for reading,
    then "fin" or "reset"; `is_over` that all decrypted bytes were taken and no more will come;
    `alert` is the reason that OpenSSL gives for a fatal alert.
    """

    def __init__(self, address, source=None):
        self.sock = socket.create_connection(address_of(address), TIMEOUT,
                                             (source, 0) if source else None)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock.setblocking(False)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = None
        self.notified, self.end, self.alert = False, None, None
        self.is_over = False
        self.deaf = False  # the peer takes no more bytes
        self.sent = 0      # bytes, as they go over TCP

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def handshake(self, context, server_name, timeout=TIMEOUT):
        """Becomes a TLS client.  Raises Refused if the server does not want it."""
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname=server_name)
        self.shake_hands(timeout)

    def shake_hands(self, timeout=TIMEOUT):
        """Takes the handshake, or a renegotiation, to its end."""
        deadline = Deadline(timeout)
        while True:
            try:
                self.tls.do_handshake()
                return self._flush(deadline)
            except ssl.SSLWantReadError:
                self._flush(deadline)
                self._fill(deadline)
            except ssl.SSLError as error:
                raise self._refused(error, deadline) from None

    def _refused(self, error, deadline):
        self.alert = error.reason or str(error)
        self._flush(deadline)
        return Refused(self.alert)

    def send(self, data, timeout=TIMEOUT):
        """Encrypts and sends.  Returns False when the peer takes no more bytes."""
        deadline = Deadline(timeout)
        for start in range(0, len(data), CHUNK):
            try:
                self.tls.write(data[start:start + CHUNK])
            except ssl.SSLError:
                self.deaf = True
            self._flush(deadline)
            if self.deaf:
                return False
        return not self.deaf

    def send_plain(self, data, timeout=TIMEOUT):
        """Sends bytes as they are, below TLS."""
        deadline = Deadline(timeout)
        self.outgoing.write(data)
        self._flush(deadline)
        return not self.deaf

    def receive(self, timeout=TIMEOUT):
        """Decrypted bytes; b"" when the peer ended the stream.  Raises TimedOut or Refused."""
        data = self._decrypted(Deadline(timeout))
        self.is_over = self.is_over or not data
        return data

    def _decrypted(self, deadline):
        while True:
            try:
                data = self.tls.read(CHUNK)
                self.notified = self.notified or not data
                return data
            except ssl.SSLWantReadError:
                if self.end:
                    return b""
                self._fill(deadline)
            except ssl.SSLEOFError:
                return b""
            except ssl.SSLError as error:
                self.is_over = True
                raise self._refused(error, deadline) from None

    def receive_plain(self, timeout=TIMEOUT):
        """Bytes as they are on the TCP connection; b"" at its end."""
        self._fill(Deadline(timeout))
        return self.incoming.read()

    def fill(self, timeout=TIMEOUT):
        """Waits for bytes and leaves them for TLS to read."""
        self._fill(Deadline(timeout))

    def drain(self, timeout=TIMEOUT):
        """Reads until TCP ends.  Returns "fin" or "reset"."""
        deadline = Deadline(timeout)
        while self.tls and not self.is_over and self.receive(deadline.left()):
            pass
        while not self.end:
            self._fill(deadline)
            self.incoming.read()
        return self.end

    def say_goodbye(self):
        """Sends close_notify, without waiting for one."""
        try:
            self.tls.unwrap()
        except ssl.SSLError:
            pass
        self._flush(Deadline(TIMEOUT))

    def change_keys(self, times):
        """Sends so many KeyUpdates; needs lib.tls.  Returns whether the peer took them."""
        self.tls.change_keys(times)
        self._flush(Deadline(TIMEOUT))
        return not self.deaf

    def reset(self):
        """Closes with a RST."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.sock.close()

    def close(self):
        self.sock.close()

    def _flush(self, deadline):
        """Sends the ciphertext that waits; takes what comes in, so that nobody blocks."""
        waiting = self.outgoing.read()
        while waiting and not self.deaf:
            sources = [] if self.end else [self.sock]
            ready = select.select(sources, [self.sock], [], deadline.left())
            if ready[0]:
                self._take()
            if ready[1]:
                waiting = waiting[self._give(waiting):]
            elif not ready[0]:
                raise TimedOut(f"the peer does not take the last {len(waiting)} bytes")

    def _give(self, data):
        try:
            taken = self.sock.send(data)
            self.sent += taken
            return taken
        except BlockingIOError:
            return 0
        except ConnectionResetError:  # whoever hears it first is the only one
            self.deaf = True
            self._ended("reset")
            return 0
        except OSError:
            self.deaf = True
            return 0

    def _fill(self, deadline):
        """Waits for ciphertext, or for the end of TCP."""
        if self.end:
            return
        if not select.select([self.sock], [], [], deadline.left())[0]:
            raise TimedOut("the peer says nothing")
        self._take()

    def _take(self):
        try:
            data = self.sock.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError:
            self._ended("reset")
            return
        if data:
            self.incoming.write(data)
        else:
            self._ended("fin")

    def _ended(self, how):
        self.end = how
        self.incoming.write_eof()
