"""Certificates of every sort, the expired and the foreign included."""

import base64
import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, PEM; itself an authority for others."""

    certificate: bytes
    key: bytes

    def inline(self, field: str) -> str:
        return base64.b64encode(getattr(self, field)).decode()


def issue(name: str, *, by: Issued | None = None, hosts: tuple[str, ...] = (), lifetime: datetime.timedelta = DAY) -> Issued:
    """Signed by itself without ``by``. A negative lifetime makes one that has run out."""
    key = ec.generate_private_key(ec.SECP256R1())
    signer = serialization.load_pem_private_key(by.key, None) if by else key
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    issuer = x509.load_pem_x509_certificate(by.certificate).subject if by else subject
    now = datetime.datetime.now(datetime.UTC)
    builder = x509.CertificateBuilder(issuer, subject, key.public_key(), x509.random_serial_number())
    builder = builder.not_valid_before(now - 2 * DAY).not_valid_after(now + lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=by is None, path_length=None), critical=True)
    if hosts:
        builder = builder.add_extension(x509.SubjectAlternativeName([_host(host) for host in hosts]), critical=False)
    made = builder.sign(signer, hashes.SHA256())
    form = serialization.PrivateFormat.PKCS8
    pem = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return Issued(made.public_bytes(serialization.Encoding.PEM), pem)


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def server_context(folder: Path, pair: Issued, clients: Issued | None = None) -> ssl.SSLContext:
    """What a server needs to show ``pair``, and with ``clients`` to demand certificates of that authority."""
    chain = folder / "server.pem"
    chain.write_bytes(pair.key + pair.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=clients.certificate.decode())
    return context
