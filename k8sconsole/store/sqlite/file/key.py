"""What opens an encrypted file."""

import hashlib
import re
from dataclasses import dataclass, field
from functools import lru_cache

_AS_IT_IS = re.compile(r"[0-9a-fA-F]{64}")
_ROUNDS = 256_000
"""SQLCipher 4's own number for a passphrase, so that its shell takes the same one."""


@dataclass(frozen=True, slots=True)
class Key:
    """text: 64 hexadecimal digits are the key itself; anything else is a passphrase. It is never shown, not by ``repr`` either."""

    text: str = field(repr=False)

    def with_salt(self, salt: bytes) -> str:
        """Both as SQLCipher takes them. A passphrase costs 0.2 s, once a process and file."""
        key = self.text if _AS_IT_IS.fullmatch(self.text) else _derived(self.text, salt)
        return f"x'{key}{salt.hex()}'"


@lru_cache(maxsize=16)
def _derived(passphrase: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, _ROUNDS, 32).hex()
