"""What a presenter hands over. Nothing in it is shown by ``repr``."""

from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True)
class KeyPair:
    """A client certificate and its key, PEM."""

    certificate: bytes
    key: bytes = field(repr=False)


@dataclass(frozen=True)
class Presented:
    """authorization is a header's value, empty for none."""

    authorization: str = field(default="", repr=False)
    pair: KeyPair | None = None


class Presenter(Protocol):
    """present() hands over what is valid now: the same object until it changes. Raises CredentialsError or ConfigurationError.
    forget() makes the next call fetch anew; it answers whether there is anything to fetch."""

    async def present(self) -> Presented: ...
    def forget(self) -> bool: ...
