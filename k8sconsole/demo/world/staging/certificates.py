"""Self-signed certificates for TLS secrets. Equal seeds give equal certificates, because Ed25519 signs deterministically."""

import base64
import hashlib
from datetime import datetime, timedelta
from typing import Any

from k8sconsole.demo.world.staging.scenario_file import CertificateSpec

Json = dict[str, Any]
_VALID = timedelta(days=90)


def build_tls_secret(spec: CertificateSpec, now: datetime, seed: int) -> Json:
    """A secret of type kubernetes.io/tls whose certificate expires `spec.expires` days after `now`."""
    certificate, key = issue_pem_pair(spec.host, now + timedelta(days=spec.expires), seed)
    data = {"tls.crt": base64.b64encode(certificate).decode(), "tls.key": base64.b64encode(key).decode()}
    meta = {"name": spec.name, "namespace": spec.namespace, "annotations": {"demo.k8sconsole.dev/host": spec.host}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "kubernetes.io/tls", "data": data}


def issue_pem_pair(host: str, not_after: datetime, seed: int) -> tuple[bytes, bytes]:
    """Certificate and private key for a host, both PEM. The key is derived from seed and host."""
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    digest = hashlib.sha256(f"{seed}/{host}".encode()).digest()
    key = Ed25519PrivateKey.from_private_bytes(digest)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
    builder = builder.serial_number(int.from_bytes(digest[:8]) | 1).not_valid_before(not_after - _VALID).not_valid_after(not_after)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
    plain = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain)
    return builder.sign(key, None).public_bytes(serialization.Encoding.PEM), private
