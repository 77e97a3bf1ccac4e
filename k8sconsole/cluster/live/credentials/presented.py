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
    """authorization is a header's value, empty for none. origin and remedy: who gave it, and what a person can do when it is refused."""

    authorization: str = field(default="", repr=False)
    pair: KeyPair | None = None
    origin: str = ""
    remedy: str = ""


class Presenter(Protocol):
    """present() hands over what is valid now: the same object until it changes. Raises CredentialsError or ConfigurationError.
    forget(): the server has refused them, so that the next call fetches anew where there is anything to fetch. hurry(): a person wants
    it tried now, whatever failed a moment ago."""

    async def present(self) -> Presented: ...
    def forget(self) -> None: ...
    def hurry(self) -> None: ...
