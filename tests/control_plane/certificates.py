"""The certificates of one control plane: its authority, its servers, and the users of the tests.

Keys are elliptic (P-256): made in a millisecond where RSA takes a second, and accepted everywhere in Kubernetes,
service-account tokens (ES256) included.
"""

import datetime
import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
_SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local")
_SERVER_ADDRESSES = ("127.0.0.1", "::1", "10.0.0.1")


@dataclass(frozen=True)
class KeyPair:
    """Two PEM files: a certificate (for service accounts, a bare public key) and its private key."""

    certificate: Path
    key: Path


_SIGNING_ONLY = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False, key_agreement=False,
    key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


class Authority:
    """A certificate authority that stores all its certificates in one folder (files of mode 0600)."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _name("control-plane-ca", ())
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = _valid_for(10 * DAY).subject_name(self._name).issuer_name(self._name).public_key(self._key.public_key())
        builder = _identified(builder.add_extension(constraints, critical=True), self._key, self._key)
        self._certificate = builder.add_extension(_SIGNING_ONLY, critical=True).sign(self._key, hashes.SHA256())
        self.pair = self._keep("ca", _pem(self._certificate), self._key)

    def server(self) -> KeyPair:
        """A certificate for the servers on the loopback address, with the names that pods use for the API server."""
        addresses = [x509.IPAddress(ipaddress.ip_address(address)) for address in _SERVER_ADDRESSES]
        names = x509.SubjectAlternativeName([*map(x509.DNSName, _SERVER_NAMES), *addresses])
        return self._issue("server", (), DAY, ExtendedKeyUsageOID.SERVER_AUTH, names)

    def client(self, name: str, groups: Iterable[str] = (), lifetime: datetime.timedelta = DAY) -> KeyPair:
        """A certificate for one user and its groups. A negative ``lifetime`` makes an expired one."""
        return self._issue(name, groups, lifetime, ExtendedKeyUsageOID.CLIENT_AUTH, None)

    def service_accounts(self) -> KeyPair:
        """The key pair that signs and verifies service account tokens."""
        key = ec.generate_private_key(ec.SECP256R1())
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return self._keep("service-accounts", key.public_key().public_bytes(serialization.Encoding.PEM, form), key)

    def _issue(
        self,
        name: str,
        groups: Iterable[str],
        lifetime: datetime.timedelta,
        usage: x509.ObjectIdentifier,
        names: x509.SubjectAlternativeName | None,
    ) -> KeyPair:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _valid_for(lifetime).subject_name(_name(name, groups)).issuer_name(self._name).public_key(key.public_key())
        builder = _identified(builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=False), key, self._key)
        if names is not None:
            builder = builder.add_extension(names, critical=False)
        return self._keep(name, _pem(builder.sign(self._key, hashes.SHA256())), key)

    def _keep(self, name: str, public: bytes, key: ec.EllipticCurvePrivateKey) -> KeyPair:
        stem = re.sub(r"[^\w.@-]", "-", name)
        pair = KeyPair(self.folder / f"{stem}.crt", self.folder / f"{stem}.key")
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
        for path, content in ((pair.certificate, public), (pair.key, private)):
            path.touch(mode=0o600)
            path.write_bytes(content)
        return pair


def _name(common: str, groups: Iterable[str]) -> x509.Name:
    """Kubernetes reads the user from CN and the groups from O."""
    organisations = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in groups]
    return x509.Name([*organisations, x509.NameAttribute(NameOID.COMMON_NAME, common)])


def _valid_for(lifetime: datetime.timedelta) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    until = now + lifetime
    # Valid since an hour ago, for clocks that differ. An expired certificate must still begin before it ends.
    since = min(now, until) - datetime.timedelta(hours=1)
    return x509.CertificateBuilder().serial_number(x509.random_serial_number()).not_valid_before(since).not_valid_after(until)


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _identified(
    builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey, authority: ec.EllipticCurvePrivateKey
) -> x509.CertificateBuilder:
    """The key identifiers of subject and issuer. Python 3.13 refuses a chain without them."""
    subject = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.public_key())
    return builder.add_extension(subject, critical=False).add_extension(issuer, critical=False)
