"""The cache file as SQLCipher opens it: every page is encrypted, in the file, in its WAL and in its copies."""

import os
import shlex
import sqlite3
from pathlib import Path
from typing import Any, Self

from k8sconsole.errors import ConfigurationError, StoreError, StoreKeyError
from k8sconsole.store.sqlite.file.connections import MIB, CacheFile
from k8sconsole.store.sqlite.file.errors import is_no_database
from k8sconsole.store.sqlite.file.header import MARK, SALT, beginning, is_plain
from k8sconsole.store.sqlite.file.key import Key
from k8sconsole.store.sqlite.file.lock import alone_in

_MEMORY = 512 * MIB
"""What a process's connections to encrypted files may take together. SQLCipher sorts in memory, since a temporary file would be plain, and
its Python library cannot limit a value's size: so a question that would fill the memory ends here."""


class EncryptedFile(CacheFile):
    """Without a key: a plain file, opened by SQLCipher so that it can be encrypted. Raises ConfigurationError without the library."""

    def __init__(self, path: Path, timeout: float, key: Key | None) -> None:
        super().__init__(path, timeout)
        self.dbapi = _library()
        self.errors = (self.dbapi.Error, MemoryError)
        self._key = key

    def beside(self, path: Path) -> Self:
        return type(self)(path, 0.0, self._key)

    def connect(self, mode: str, timeout: float | None = None) -> sqlite3.Connection:
        connection: Any = super().connect(mode, timeout)
        connection.execute("PRAGMA cipher_log_level = NONE")  # its log would be written across the console
        connection.execute(f"PRAGMA hard_heap_limit = {_MEMORY}")
        if self._key is not None:
            connection.set_key(self.opener())
        opened: sqlite3.Connection = connection
        return opened

    def opener(self) -> str:
        """The key with this file's salt, or with a new one where there is no file yet; empty for a plain file."""
        if self._key is None:
            return ""
        salt = beginning(self.path)
        return self._key.with_salt(salt if len(salt) == SALT else MARK + os.urandom(SALT - len(MARK)))

    def lay(self) -> None:
        """Under a lock, since each of two processes that open a fresh file at once would choose a salt of its own."""
        if beginning(self.path):
            return
        with alone_in(self.path.parent):
            if not beginning(self.path):
                connection = self.connect("rw")
                connection.execute("PRAGMA journal_mode = WAL")
                connection.close()

    def limit_values(self, connection: sqlite3.Connection, most: int) -> None:
        """Cannot be had of this library; ``_MEMORY`` stands in for it."""

    def translated(self, error: Exception) -> StoreError:
        if isinstance(error, MemoryError):
            return StoreError(f"The cache {self.path} could not be used", f"that would take more than {_MEMORY // MIB} MiB of memory")
        return self._unopened() if self._key and is_no_database(error) else super().translated(error)

    def _unopened(self) -> StoreError:
        if is_plain(self.path):
            return StoreKeyError(
                f"The cache {self.path} is not encrypted",
                "cache.encryption says that it should be",
                f"k8sconsole cache encrypt --db {shlex.quote(str(self.path))}, or cache.encryption: none",
            )
        return StoreKeyError(
            f"The key does not open the cache {self.path}",
            "it was encrypted with another key, or its first page is damaged; it was left as it is",
            "the key it was encrypted with, or name another file with --db",
        )


def _library() -> Any:
    try:
        from sqlcipher3 import dbapi2
    except ImportError as cause:
        raise ConfigurationError(
            "The cache cannot be encrypted", "the library sqlcipher3 is not installed", "pip install 'k8sconsole[encryption]'"
        ) from cause
    return dbapi2
