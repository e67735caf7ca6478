# SPDX-License-Identifier: MIT
"""TLS through pyOpenSSL, for what the ssl module does not offer on either side.

That is the exporter of RFC 5705 with an empty context, which N32 keys come from, a TLS 1.2
handshake without extended_master_secret, and KeyUpdate.  A Session is bytes in and bytes out; a
Client is one in the place where lib.wire has an ssl.SSLObject.
"""

import ctypes
import ssl

from cryptography import x509
from OpenSSL import SSL

CHUNK = 65536
NO_EXTENDED_MASTER_SECRET = 1  # SSL_OP_NO_EXTENDED_MASTER_SECRET
KEY_UPDATE_REQUESTED = 1       # SSL_KEY_UPDATE_REQUESTED
LIBSSL = ctypes.CDLL("libssl.so.3")
MASTER_LABEL, MASTER_BYTES = b"EXPORTER_3GPP_N32_MASTER", 64


def reason_of(error):
    """The first reason that OpenSSL gives, as the ssl module writes it: TLSV1_ALERT_UNKNOWN_CA."""
    reasons = [item[2] for item in error.args[0]] if error.args and error.args[0] else []
    return reasons[0].upper().replace(" ", "_") if reasons else type(error).__name__


def names_of(certificate):
    """The DNS names of an X.509 certificate."""
    extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return extension.value.get_values_for_type(x509.DNSName)


def number(version):
    """0x0303 of ssl.TLSVersion.TLSv1_2; no limit of None."""
    return 0 if version is None else int(version)


class Settings:
    """What one side brings to its handshakes: certificate, trust, versions, ALPN.

    Takes the place of an ssl.SSLContext for lib.wire.
    """

    def __init__(self, peer, alpn=("h2",), minimum=None, maximum=None, ems=True):
        self.alpn = [name.encode() for name in alpn or ()]
        self.context = SSL.Context(SSL.TLS_METHOD)
        self.context.use_certificate_chain_file(str(peer.cert))
        self.context.use_privatekey_file(str(peer.key))
        self.context.load_verify_locations(str(peer.trust))
        self.context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT,
                                lambda *arguments: bool(arguments[-1]))
        self.context.set_session_id(b"parley tests")
        self.context.set_min_proto_version(number(minimum))
        self.context.set_max_proto_version(number(maximum))
        if not ems:
            self.context.set_options(NO_EXTENDED_MASTER_SECRET)

    def server(self):
        """A Session of a TLS server."""
        if self.alpn:
            self.context.set_alpn_select_callback(self._select)
        session = Session(self.context)
        session.ssl.set_accept_state()
        return session

    def client(self, server_name):
        """A Session of a TLS client."""
        if self.alpn:
            self.context.set_alpn_protos(self.alpn)
        session = Session(self.context)
        session.ssl.set_connect_state()
        session.ssl.set_tlsext_host_name(server_name.encode())
        return session

    def wrap_bio(self, incoming, outgoing, server_hostname):
        return Client(self.client(server_hostname), server_hostname, incoming, outgoing)

    def _select(self, _, offered):
        common = [name for name in self.alpn if name in offered]
        return common[0] if common else SSL.NO_OVERLAPPING_PROTOCOLS


class Session:
    """One end of a TLS connection in memory."""

    def __init__(self, context):
        self.ssl = SSL.Connection(context, None)

    def feed(self, data):
        """Takes ciphertext that has come."""
        self.ssl.bio_write(data)

    def send(self, data):
        """Encrypts all of it: pyOpenSSL would be content with a record."""
        while data:
            data = data[self.ssl.send(data):]

    def ciphertext(self):
        """What is to be sent."""
        parts = []
        while True:
            try:
                parts.append(self.ssl.bio_read(CHUNK))
            except SSL.WantReadError:
                return b"".join(parts)

    def export(self):
        """The N32 master of this session: 64 octets, with a context that is there and empty."""
        return self.ssl.export_keying_material(MASTER_LABEL, MASTER_BYTES, b"")

    def change_keys(self, times):
        """Each KeyUpdate asks for one in return (RFC 8446 4.6.3).  pyOpenSSL has no word for it."""
        handle = ctypes.c_void_p(int(SSL._ffi.cast("uintptr_t", self.ssl._ssl)))
        for _ in range(times):
            LIBSSL.SSL_key_update(handle, KEY_UPDATE_REQUESTED)
            self.ssl.do_handshake()

    def peer_names(self):
        """The DNS names in the certificate of the other side."""
        certificate = self.ssl.get_peer_certificate()
        return names_of(certificate.to_cryptography()) if certificate else []


class Client:
    """A Session that reads and writes the memory BIOs of a lib.wire.Wire."""

    def __init__(self, session, server_name, incoming, outgoing):
        self.session, self.server_name = session, server_name
        self.incoming, self.outgoing = incoming, outgoing

    def do_handshake(self):
        self._run(self.session.ssl.do_handshake)
        if self.server_name not in self.session.peer_names():
            raise self._error("CERTIFICATE_VERIFY_FAILED")

    def read(self, size):
        return self._run(self.session.ssl.recv, size)

    def write(self, data):
        return self._run(self.session.send, data)

    def unwrap(self):
        self._run(self.session.ssl.shutdown)

    def change_keys(self, times):
        self._run(self.session.change_keys, times)

    def version(self):
        return self.session.ssl.get_protocol_version_name()

    def export(self):
        return self.session.export()

    def _run(self, step, *arguments):
        data = self.incoming.read()
        if data:
            self.session.feed(data)
        try:
            return step(*arguments)
        except SSL.WantReadError:
            raise ssl.SSLWantReadError() from None
        except SSL.ZeroReturnError:
            return b""
        except SSL.Error as error:
            raise self._error(reason_of(error)) from None
        finally:
            self.outgoing.write(self.session.ciphertext())

    @staticmethod
    def _error(reason):
        error = ssl.SSLError(1, reason)
        error.reason = reason
        return error
