"""Credentials, and the providers that they come from. ``repr`` shows no secret."""

import base64
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol


@dataclass(frozen=True)
class KeyPair:
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Credentials:
    """authorization: the value of the Authorization header, empty for none.

    origin, remedy: where the credentials came from, and what a person can do when the server refuses them.
    withheld: why the user's credentials are not among them; empty when they are.
    """

    authorization: str = field(default="", repr=False)
    pair: KeyPair | None = None
    origin: str = ""
    remedy: str = ""
    withheld: str = ""


class CredentialProvider(Protocol):
    """Provides the credentials of one user. Belongs to one loop."""

    async def get(self) -> Credentials:
        """Returns valid credentials: the same object until they change. Raises CredentialsError or ConfigurationError."""
        ...

    def invalidate(self) -> None:
        """The server refused the credentials: the next ``get`` fetches new ones, if there is a way to."""
        ...

    def retry_now(self) -> None:
        """A person waits: the next ``get`` tries again, even right after a failure."""
        ...


class StaticCredentials:
    """Provides credentials that are written in the kubeconfig. They change only with the kubeconfig."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    async def get(self) -> Credentials:
        return self._credentials

    def invalidate(self) -> None:
        """Does nothing: there are no other credentials."""

    def retry_now(self) -> None:
        """Does nothing: there is nothing to fetch."""


def bearer_header(token: str) -> str:
    return f"Bearer {token}"


def basic_header(username: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{username}:{password}'.encode()).decode()}"


def certificate_expiry(certificate: bytes) -> datetime | None:
    """Returns when a PEM certificate expires, in UTC; None when it cannot be read."""
    from cryptography import x509  # imported only when there is a certificate to read

    try:
        return x509.load_pem_x509_certificate(certificate).not_valid_after_utc
    except ValueError:
        return None


def describe_expiry(pair: KeyPair | None) -> str:
    """Returns a sentence when the client certificate has expired, else an empty string."""
    end = certificate_expiry(pair.certificate) if pair else None
    return f"the client certificate expired on {end:%Y-%m-%d %H:%M} UTC" if end and end < datetime.now(UTC) else ""
