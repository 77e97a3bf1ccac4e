"""The cache file encrypted with SQLCipher. Every page is encrypted: in the file, in its WAL and in its copies."""

import hashlib
import os
import re
import shlex
import sqlite3
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

from k8sconsole.errors import ConfigurationError, StoreError, StoreKeyError
from k8sconsole.store.sqlite.file.connections import MIB, CacheFile
from k8sconsole.store.sqlite.file.errors import is_not_a_database
from k8sconsole.store.sqlite.file.header import MARK, SALT_BYTES, is_plain, read_header
from k8sconsole.store.sqlite.file.lock import lock_folder

_MOST_MEMORY = 512 * MIB
"""A limit for all encrypted connections of a process together.

SQLCipher sorts in memory, since a temporary file would not be encrypted, and its Python library cannot limit the size of a value. With this
limit a query that would fill the memory fails instead.
"""

_RAW_KEY = re.compile(r"[0-9a-fA-F]{64}")
_ROUNDS = 256_000
"""SQLCipher 4's own number of PBKDF2 rounds, so that its shell accepts the same passphrase."""


@dataclass(frozen=True, slots=True)
class CacheKey:
    """text: 64 hexadecimal digits are the key itself; any other text is a passphrase. ``repr`` does not show it."""

    text: str = field(repr=False)

    def with_salt(self, salt: bytes) -> str:
        """Key and salt in SQLCipher's notation. Deriving a key from a passphrase takes 0.2 s, once for each process and file."""
        key = self.text if _RAW_KEY.fullmatch(self.text) else _derive_key(self.text, salt)
        return f"x'{key}{salt.hex()}'"


@lru_cache(maxsize=16)
def _derive_key(passphrase: str, salt: bytes) -> str:
    return hashlib.pbkdf2_hmac("sha512", passphrase.encode(), salt, _ROUNDS, 32).hex()


class EncryptedFile(CacheFile):
    """key: None for a plain file that SQLCipher is to encrypt. Raises ConfigurationError when the library is not installed."""

    def __init__(self, path: Path, timeout: float, key: CacheKey | None) -> None:
        super().__init__(path, timeout)
        self.dbapi = _import_library()
        self.errors = (self.dbapi.Error, MemoryError)
        self._key = key

    def sibling(self, path: Path) -> Self:
        return type(self)(path, 0.0, self._key)

    def connect(self, mode: str, timeout: float | None = None) -> sqlite3.Connection:
        connection: Any = super().connect(mode, timeout)
        connection.execute("PRAGMA cipher_log_level = NONE")  # its log would be written over the screen
        connection.execute(f"PRAGMA hard_heap_limit = {_MOST_MEMORY}")
        if self._key is not None:
            connection.set_key(self.salted_key())
        opened: sqlite3.Connection = connection
        return opened

    def salted_key(self) -> str:
        """The key with this file's salt, or with a new salt if the file is empty. An empty string for a plain file."""
        if self._key is None:
            return ""
        salt = read_header(self.path)
        return self._key.with_salt(salt if len(salt) == SALT_BYTES else MARK + os.urandom(SALT_BYTES - len(MARK)))

    def prepare(self) -> None:
        """Writes the salt under a lock. Otherwise two processes that open an empty file together would each choose one."""
        if read_header(self.path):
            return
        with lock_folder(self.path.parent):
            if not read_header(self.path):
                connection = self.connect("rw")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.close()

    def limit_values(self, connection: sqlite3.Connection, most: int) -> None:
        """This library has no such limit; ``_MOST_MEMORY`` replaces it."""

    def translate_error(self, error: Exception) -> StoreError:
        if isinstance(error, MemoryError):
            return StoreError(f"the cache {self.path} cannot be used", f"this would take more than {_MOST_MEMORY // MIB} MiB of memory")
        return self._key_error() if self._key and is_not_a_database(error) else super().translate_error(error)

    def _key_error(self) -> StoreError:
        if is_plain(self.path):
            return StoreKeyError(
                f"the cache {self.path} is not encrypted",
                "cache.encryption requires an encrypted file",
                f"k8sconsole cache encrypt --db {shlex.quote(str(self.path))}, or cache.encryption: none",
            )
        return StoreKeyError(
            f"the key does not open the cache {self.path}",
            "the file was encrypted with another key, or its first page is damaged; it has not been changed",
            "use the key it was encrypted with, or name another file with --db",
        )


def _import_library() -> Any:
    try:
        from sqlcipher3 import dbapi2
    except ImportError as cause:
        raise ConfigurationError(
            "the cache cannot be encrypted", "the library sqlcipher3 is not installed", "pip install 'k8sconsole[encryption]'"
        ) from cause
    return dbapi2
