"""SQLite's errors in the program's own words."""

import sqlite3
from pathlib import Path

from k8sconsole.errors import StoreCorrupt, StoreError, StoreKeyError, StoreLocked, StoreUnwritable
from k8sconsole.store.sqlite.file.header import is_encrypted

_CORRUPT = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
_UNWRITABLE = {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM}
_PRIMARY = 0xFF
"""The low byte of an extended result code is the error's family."""


def translated(error: Exception, path: Path) -> StoreError:
    """The StoreError that says what a person can do about it; the caller raises it from ``error``."""
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY  # 0 where Python raised the error itself
    if code == sqlite3.SQLITE_NOTADB and is_encrypted(path):
        return StoreKeyError(
            f"The cache {path} is encrypted", "cache.encryption is none", "cache.encryption: keyring, or wherever its key comes from"
        )
    if code in _CORRUPT:
        return StoreCorrupt(f"The cache {path} is damaged", str(error), "start again: the file is kept aside and rebuilt")
    if code in _LOCKED:
        return StoreLocked(f"The cache {path} is held by another process", str(error), "wait for it, or raise CACHE_DB_TIMEOUT")
    if code in _UNWRITABLE:
        return unwritable(path, str(error))
    return StoreError(f"The cache {path} could not be used", str(error))


def is_no_database(error: Exception) -> bool:
    """Which is also what SQLCipher says of a file that the key does not open."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_NOTADB


def unwritable(path: Path, reason: str) -> StoreUnwritable:
    return StoreUnwritable(
        f"The cache {path} cannot be written", reason, "free some space there, or name another file with --db or CACHE_DB_PATH"
    )


def damaged_mark(path: Path) -> Path:
    """Its existence tells the next start that the file was found damaged during use."""
    return path.with_name(f"{path.name}.damaged")
