#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Throwaway certificates for tests, the demo and the examples.

As a module: Authority(plmn or name) is a certificate authority with a P-256 key; issue() makes an
end-entity certificate of the profile of TS 33.310 6.1.3c.  As a command it fills the certs/ and
anchors/ of an operator's directory and makes client certificates for the partners:

    tests/pki.py DIR --gateway FQDN --partner NAME:FQDN[:FQDN...] [--peers-dir OUT]

Keys are made by the run and never committed.
"""

import argparse
import datetime
import os
import pathlib
import re
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
HOUR = datetime.timedelta(hours=1)

KEY_TYPES = {
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rsa2048": lambda: rsa.generate_private_key(public_exponent=65537, key_size=2048),
}

EKU = {"client": ExtendedKeyUsageOID.CLIENT_AUTH, "server": ExtendedKeyUsageOID.SERVER_AUTH}

_authorities = {}
_rsa_keys = []


def domain(plmn):
    """The home network domain of "001-01" (TS 23.003 28.2): two-digit MNCs are padded."""
    mcc, mnc = plmn.split("-")
    return f"5gc.mnc{mnc:0>3}.mcc{mcc}.3gppnetwork.org"


def fqdn(plmn, host="sepp"):
    """The name of a SEPP of that PLMN."""
    return f"{host}.{domain(plmn)}"


def plmn_of(name):
    """The PLMN in its three-digit reading that a SEPP's name says, or None."""
    match = re.search(r"\.mnc(\d{3})\.mcc(\d{3})\.3gppnetwork\.org$", name)
    return f"{match[2]}-{match[1]}" if match else None


def authority(name):
    """The authority of that name; one per name and process."""
    if name not in _authorities:
        _authorities[name] = Authority(name)
    return _authorities[name]


def write(path, data, mode=0o644):
    """Writes a file with exactly this mode, whatever the umask or an older file says."""
    path = pathlib.Path(path)
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as file:
        os.fchmod(file.fileno(), mode)
        file.write(data)
    return path


def _now():
    return datetime.datetime.utcnow().replace(microsecond=0)


def _key(key_type):
    """A new key; RSA keys take long to make, so that one serves a whole process."""
    if key_type != "rsa2048":
        return KEY_TYPES[key_type]()
    if not _rsa_keys:
        _rsa_keys.append(KEY_TYPES[key_type]())
    return _rsa_keys[0]


def _usage(*names):
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
             "key_agreement", "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")
    return x509.KeyUsage(**{name: name in names for name in every})


def _pem(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
                             serialization.NoEncryption())


class Authority:
    """A certificate authority of an operator's domain: a root, or one below `issuer`.

    So many authorities may stand below it as `path_length` says.
    """

    def __init__(self, name, issuer=None, path_length=0):
        organisation = domain(name) if re.fullmatch(r"\d{3}-\d{2,3}", name) else name
        self.subject = self._name(organisation, f"N32 CA of {name}")
        self.organisation = organisation
        self.key = _key("p256")
        self.issuer = issuer or self
        self.cert = self._signed(path_length)

    @staticmethod
    def _name(organisation, common):
        return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "AA"),
                          x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:64]),
                          x509.NameAttribute(NameOID.COMMON_NAME, common[:64])])

    def _signed(self, path_length):
        public = self.key.public_key()
        return (x509.CertificateBuilder()
                .subject_name(self.subject).issuer_name(self.issuer.subject).public_key(public)
                .serial_number(x509.random_serial_number())
                .not_valid_before(_now() - 400 * DAY).not_valid_after(_now() + 600 * DAY)
                .add_extension(x509.BasicConstraints(ca=True, path_length=path_length),
                               critical=True)
                .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
                .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
                .sign(self.issuer.key, hashes.SHA256()))

    def pem(self):
        """The certificate of the authority."""
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def write_cert(self, path):
        return write(path, self.pem())

    def issue(self, names, cert, key, not_before=-HOUR, not_after=365 * DAY,
              eku=("client", "server"), key_type="p256", critical_san=True, cdp=None):
        """Writes a certificate for `names` and its key; the offsets count from now.

        Returns the certificate.  The key's file has mode 0600.
        """
        private = _key(key_type)
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = (x509.CertificateBuilder()
                   .subject_name(self._name(self.organisation, "sepp"))
                   .issuer_name(self.subject).public_key(private.public_key())
                   .serial_number(x509.random_serial_number())
                   .not_valid_before(_now() + not_before).not_valid_after(_now() + not_after)
                   .add_extension(_usage("digital_signature"), critical=True)
                   .add_extension(x509.ExtendedKeyUsage([EKU[use] for use in eku]), critical=False)
                   .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(
                       self.key.public_key()), critical=False)
                   .add_extension(alternative, critical=critical_san))
        if cdp:
            point = x509.DistributionPoint([x509.UniformResourceIdentifier(cdp)], None, None, None)
            builder = builder.add_extension(x509.CRLDistributionPoints([point]), critical=False)
        issued = builder.sign(self.key, hashes.SHA256())
        write(cert, issued.public_bytes(serialization.Encoding.PEM))
        write(key, _pem(private), 0o600)
        return issued

    def write_crl(self, path, *revoked, last_update=-HOUR, next_update=7 * DAY):
        """Writes a revocation list of the certificates in the files `revoked`."""
        builder = (x509.CertificateRevocationListBuilder().issuer_name(self.subject)
                   .last_update(_now() + last_update).next_update(_now() + next_update))
        for file in revoked:
            certificate = x509.load_pem_x509_certificate(pathlib.Path(file).read_bytes())
            builder = builder.add_revoked_certificate(
                x509.RevokedCertificateBuilder().serial_number(certificate.serial_number)
                .revocation_date(_now() - HOUR).build())
        crl = builder.sign(self.key, hashes.SHA256())
        return write(path, crl.public_bytes(serialization.Encoding.PEM))


def _partner(text):
    name, *fqdns = text.split(":")
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]*", name) or not fqdns:
        raise argparse.ArgumentTypeError(f"NAME:FQDN[:FQDN...] expected, got '{text}'")
    return name, fqdns


def fill(root, gateway, partners, peers):
    """Makes the certificates of a whole operator's directory."""
    root, peers = pathlib.Path(root), pathlib.Path(peers)
    home = authority(plmn_of(gateway) or gateway)
    home.issue([gateway], root / "certs/gateway.pem", root / "certs/gateway.key")
    home.write_cert(peers / "gateway-ca.pem")
    for name, fqdns in partners:
        roots = authority(plmn_of(fqdns[0]) or fqdns[0])
        roots.write_cert(root / "anchors" / f"{name}.pem")
        roots.issue(fqdns, peers / f"{name}.pem", peers / f"{name}.key")


def main(arguments):
    parser = argparse.ArgumentParser(description="Make throwaway certificates.")
    parser.add_argument("dir", help="the operator's directory; gets certs/ and anchors/")
    parser.add_argument("--gateway", metavar="FQDN", default=fqdn("999-70"),
                        help="name of the gateway (default: %(default)s)")
    parser.add_argument("--partner", metavar="NAME:FQDN[:FQDN...]", type=_partner, action="append",
                        default=[], help="a roaming partner; may be given again")
    parser.add_argument("--peers-dir", metavar="OUT",
                        help="where the partners' own certificates go (default: DIR/../peers)")
    options = parser.parse_args(arguments)
    peers = options.peers_dir or pathlib.Path(options.dir).resolve().parent / "peers"
    fill(options.dir, options.gateway, options.partner, peers)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
