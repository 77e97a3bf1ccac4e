"""What a client certificate says of itself. The library that reads it is imported when there is one to read."""

from datetime import UTC, datetime

from k8sconsole.cluster.live.credentials.presented import KeyPair


def expiry(certificate: bytes) -> datetime | None:
    """When a PEM certificate runs out, in UTC; None when it cannot be read."""
    from cryptography import x509

    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None


def expired(pair: KeyPair | None) -> str:
    """A sentence when this certificate has run out, else empty."""
    end = expiry(pair.certificate) if pair else None
    return f"the client certificate expired on {end:%Y-%m-%d %H:%M} UTC" if end and end < datetime.now(UTC) else ""
